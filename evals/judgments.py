"""Judged queries over a list of titles, and what a ranking of the titles is worth."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.errors import DataError
from retrieval.catalog.table import Table, read_table
from retrieval.errors import FeedError
from retrieval.index.exact_index import top_rows
from retrieval.ranking.sequence.history import as_id

logger = logging.getLogger(__name__)

RELEVANT = 2.33
LEAST, MOST = 0.0, 5.0
"""Relevance; Home Depot's goes from 1 to 3."""
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
    """Of a product of that relevance, 1 or less (none) to 3."""
    return max(0.0, float(2 ** (relevance - 1) - 1))


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


def read_products(path: Path) -> tuple[dict[str, int], list[str]]:
    """Rows by id, and titles by row, of ``product_uid`` and ``product_title``. A row without one of
    them, or with an id that another has, is logged and left out.

    Raises:
        DataError: the file is unusable, or no row is left.
    """
    table = _read(path, "product_uid", "product_title")
    rows: dict[str, int] = {}
    titles: list[str] = []
    for row, identifier, title in zip(table.rows, *table.columns, strict=True):
        key = as_id(identifier)
        if key is None or title is None or not str(title).strip():
            logger.warning("%s: row %d: no %s", path, row, "title" if key else "product_uid")
        elif key in rows:
            logger.warning("%s: row %d: product_uid: %s has a title already", path, row, key)
        else:
            rows[key] = len(titles)
            titles.append(str(title))
    if not titles:
        raise DataError(f"{path}: no row has both a product_uid and a product_title.")
    return rows, titles


def read_titles(path: Path) -> list[str]:
    """The ``product_title`` of every row that has one.

    Raises:
        DataError: the file is unusable.
    """
    (titles,) = _read(path, "product_title").columns
    return [str(title) for title in titles if title]


def read_judgments(path: Path, rows: Mapping[str, int]) -> Judgments:
    """Judgments by query; queries without any relevant product in the catalogue are left out. A row
    that cannot be used is logged and left out, and of two for one pair the first counts.

    Raises:
        DataError: the file is unusable, or no query is left.
    """
    judged: dict[str, dict[int, float]] = {}
    table = _read(path, "search_term", "product_uid", "relevance")
    known = 0
    for row, query, identifier, grade in zip(table.rows, *table.columns, strict=True):
        relevance = _relevance(grade)
        if query is None or not str(query).strip():
            logger.warning("%s: row %d: search_term: missing", path, row)
        elif relevance is None:
            logger.warning("%s: row %d: relevance: %r is no number from 0 to 5", path, row, grade)
        elif (place := rows.get(as_id(identifier) or "")) is not None:
            known += 1
            judged.setdefault(str(query), {}).setdefault(place, relevance)
    kept = {q: g for q, g in judged.items() if max(g.values()) >= RELEVANT}
    if not known:
        raise DataError(f"{path}: no product_uid is that of a product.")
    if not kept:
        raise DataError(f"{path}: no query has a relevant product among the products.")
    return kept


def _relevance(grade: object) -> float | None:
    try:
        value = float(str(grade))
    except ValueError:
        return None
    return value if LEAST <= value <= MOST else None


def _read(path: Path, *columns: str) -> Table:
    try:
        return read_table(path, *columns)
    except FeedError as error:
        raise DataError(str(error)) from error
