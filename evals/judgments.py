"""Judged queries over a list of titles, and what a ranking of the titles is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyarrow import csv, parquet

from evals.errors import DataError
from retrieval.index.exact_index import top_rows

RELEVANT = 2.33
DEPTH = 100

Scores = NDArray[np.float32]
Judgments = Mapping[str, Mapping[int, float]]
"""Query → product row → relevance."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Means over the queries; a product without a judgment counts as not relevant."""

    recall_at_10: float
    recall_at_100: float
    ndcg_at_10: float


def gain(relevance: float) -> float:
    """Of a product of that relevance, 1 (none) to 3."""
    return float(2 ** (relevance - 1) - 1)


def measure(score: Callable[[str], Scores], judged: Judgments) -> Metrics:
    """Metrics of one system; gain 2^(relevance - 1) - 1, discount log2(rank + 1)."""
    figures = [
        query_figures(top_rows(score(query), DEPTH), relevance)
        for query, relevance in judged.items()
    ]
    return mean_of(figures)


def mean_of(figures: list[tuple[float, float, float]]) -> Metrics:
    """Of what ``query_figures`` said of each query."""
    return Metrics(*(float(value) for value in np.mean(figures, axis=0)))


def query_figures(
    ranked: NDArray[np.int64], relevance: Mapping[int, float]
) -> tuple[float, float, float]:
    """Recall@10, Recall@100 and nDCG@10 of one ranked list of product rows."""
    best = [int(row) for row in ranked]
    relevant = {row for row, grade in relevance.items() if grade >= RELEVANT}
    gains = np.array([gain(relevance[row]) if row in relevance else 0 for row in best[:10]])
    ideal = np.array(sorted((gain(grade) for grade in relevance.values()), reverse=True)[:10])
    discount = 1 / np.log2(np.arange(2, 12))
    return (
        len(relevant & set(best[:10])) / len(relevant),
        len(relevant & set(best)) / len(relevant),
        float(gains @ discount[: len(gains)] / (ideal @ discount[: len(ideal)])),
    )


def read_columns(path: Path, *columns: str) -> list[list[Any]]:
    """Columns of a Parquet or CSV file.

    Raises:
        DataError: it is unreadable or lacks a column.
    """
    try:
        table = csv.read_csv(path) if path.suffix == ".csv" else parquet.read_table(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is neither a readable Parquet nor a CSV file: {error}") from error
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}.")
    return [table.column(name).to_pylist() for name in columns]


def read_judgments(path: Path, rows: Mapping[Any, int]) -> Judgments:
    """Judgments by query; queries without any relevant product in the catalogue are left out.

    Raises:
        DataError: the file is unusable, or no query is left.
    """
    judged: dict[str, dict[int, float]] = {}
    for query, identifier, grade in zip(
        *read_columns(path, "search_term", "product_uid", "relevance"), strict=True
    ):
        if identifier in rows:
            judged.setdefault(query, {})[rows[identifier]] = float(grade)
    kept = {q: g for q, g in judged.items() if max(g.values()) >= RELEVANT}
    if not kept:
        raise DataError(f"{path}: no query has a relevant product among the products.")
    return kept
