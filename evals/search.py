"""How well product search ranks, on judged queries over a whole catalogue of titles.

Systems side by side: ``bm25`` (bm25s as it comes, English stop words and stemmer), ``minilm`` (the
encoder's cosine alone), ``rrf`` (those two by unweighted reciprocal rank fusion, Cormack et al.
2009) and ``hybrid`` (the project's word index and fusion; weights fitted on ``--fit`` if given).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product as combinations
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray
from pyarrow import csv, parquet

from evals.errors import DataError
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalDocument, LexicalIndex, LexicalScores
from retrieval.index.tokenize import terms
from retrieval.search.fusion import Fusion, fusion_parts
from retrieval.search.query import read_query

RELEVANT = 2.33
_DEPTH = 100
_FIT_QUERIES = 600
_STEP = 0.1

Scores = NDArray[np.float32]
Judgments = Mapping[str, Mapping[int, float]]
"""Query → product row → relevance."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Means over the queries; a product without a judgment counts as not relevant."""

    recall_at_10: float
    recall_at_100: float
    ndcg_at_10: float


def evaluate(
    products: Path, judgments: Path, fit: Path | None, encoder: Encoder, cache: Path
) -> dict[str, Any]:
    """Runs every system on every query of ``judgments`` that has a relevant product.

    Args:
        products: Parquet or CSV with ``product_uid`` and ``product_title``.
        judgments: the same with ``search_term``, ``product_uid`` and ``relevance``.
        fit: judgments that weights may be fitted on; nothing is fitted without.
        cache: folder where the titles' vectors are kept between runs.

    Returns:
        ``{"systems": {name: metrics}, "n_queries", "weights"}``.

    Raises:
        DataError: a file or a column is missing, or no judged query has a relevant product.
    """
    ids, titles = _read(products, "product_uid", "product_title")
    rows = {identifier: row for row, identifier in enumerate(ids)}
    judged = _judgments(judgments, rows)
    bench = Bench(titles, encoder, cache)
    fusion = Fusion.load()
    if fit is not None:
        fusion = bench.fit(_judgments(fit, rows), fusion)
    systems: dict[str, Callable[[str], Scores]] = {
        "bm25": bench.bm25,
        "minilm": bench.cosines,
        "rrf": bench.rrf,
        "hybrid": lambda query: bench.hybrid(query, fusion),
    }
    return {
        "systems": {name: asdict(measure(score, judged)) for name, score in systems.items()},
        "n_queries": len(judged),
        "weights": {name: getattr(fusion, name) for name in ("bm25", "coverage", "cosine")},
    }


def measure(score: Callable[[str], Scores], judged: Judgments) -> Metrics:
    """Metrics of one system; gain 2^(relevance - 1) - 1, discount log2(rank + 1)."""
    figures = [
        query_figures(top_rows(score(query), _DEPTH), relevance)
        for query, relevance in judged.items()
    ]
    return Metrics(*(float(value) for value in np.mean(figures, axis=0)))


class Bench:
    """The systems over one list of titles; all score every title for a query."""

    def __init__(self, titles: Sequence[str], encoder: Encoder, cache: Path) -> None:
        self._encoder = encoder
        self._matrix = encoded(titles, encoder, cache)
        self._everything = np.ones(len(titles), dtype=np.bool_)
        self._every_row = np.arange(len(titles))
        self._index = LexicalIndex.build([LexicalDocument(terms(t), [], []) for t in titles])
        self._stemmer = Stemmer.Stemmer("english")
        self._plain = bm25s.BM25()
        self._plain.index(self._tokens(titles), show_progress=False)
        self._vectors: dict[str, Vectors] = {}

    def bm25(self, query: str) -> Scores:
        known = [t for t in self._tokens([query])[0] if t in self._plain.vocab_dict]
        if not known:
            return np.zeros(len(self._everything), dtype=np.float32)
        return np.asarray(self._plain.get_scores(known), dtype=np.float32)

    def cosines(self, query: str) -> Scores:
        if query not in self._vectors:
            self._vectors[query] = self._encoder.encode([query])[0]
        cosines: Scores = self._matrix @ self._vectors[query]
        return cosines

    def rrf(self, query: str) -> Scores:
        fused = np.zeros(len(self._everything), dtype=np.float32)
        for scores in (self.bm25(query), self.cosines(query)):
            best = top_rows(scores, 1000)
            fused[best] += 1.0 / (60 + 1 + np.arange(len(best)))
        return fused

    def hybrid(self, query: str, fusion: Fusion) -> Scores:
        return fusion.fuse(self._lexical(query), self.cosines(query), self._everything)

    def fit(self, judged: Judgments, start: Fusion) -> Fusion:
        """The weights, in steps of 0.1, of the highest nDCG@10 on (a sample of) ``judged``."""
        queries = list(judged)
        picked = np.random.default_rng(0).permutation(len(queries))[:_FIT_QUERIES]
        steps = [(a, b, 10 - a - b) for a, b in combinations(range(11), repeat=2) if a + b <= 10]
        weights = np.array(steps, dtype=np.float32) * _STEP
        gained = np.zeros(len(weights))
        for query in (queries[number] for number in picked):
            scores = fusion_parts(self._lexical(query), self.cosines(query), self._every_row)
            rows = np.unique(np.concatenate([top_rows(part, 3 * _DEPTH) for part in scores]))
            for number, fused in enumerate(weights @ scores[:, rows]):
                gained[number] += query_figures(rows[top_rows(fused, _DEPTH)], judged[query])[2]
        bm25, coverage, cosine = (float(weight) for weight in weights[gained.argmax()])
        return replace(start, bm25=bm25, coverage=coverage, cosine=cosine)

    def _lexical(self, query: str) -> LexicalScores:
        return self._index.score(read_query(query, None, ()))

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        tokens: list[list[str]] = bm25s.tokenize(
            list(texts),
            stopwords="en",
            stemmer=self._stemmer,
            return_ids=False,
            show_progress=False,
        )
        return tokens


def query_figures(
    ranked: NDArray[np.int64], relevance: Mapping[int, float]
) -> tuple[float, float, float]:
    """Recall@10, Recall@100 and nDCG@10 of one ranked list of product rows."""
    best = [int(row) for row in ranked]
    relevant = {row for row, grade in relevance.items() if grade >= RELEVANT}
    gains = np.array(
        [2 ** (relevance[row] - 1) - 1 if row in relevance else 0 for row in best[:10]]
    )
    ideal = np.array(sorted((2 ** (g - 1) - 1 for g in relevance.values()), reverse=True)[:10])
    discount = 1 / np.log2(np.arange(2, 12))
    return (
        len(relevant & set(best[:10])) / len(relevant),
        len(relevant & set(best)) / len(relevant),
        float(gains @ discount[: len(gains)] / (ideal @ discount[: len(ideal)])),
    )


def _read(path: Path, *columns: str) -> list[list[Any]]:
    try:
        table = csv.read_csv(path) if path.suffix == ".csv" else parquet.read_table(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is neither a readable Parquet nor a CSV file: {error}") from error
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}.")
    return [table.column(name).to_pylist() for name in columns]


def _judgments(path: Path, rows: Mapping[Any, int]) -> Judgments:
    """Judgments by query; queries without any relevant product in the catalogue are left out."""
    judged: dict[str, dict[int, float]] = {}
    for query, identifier, grade in zip(
        *_read(path, "search_term", "product_uid", "relevance"), strict=True
    ):
        if identifier in rows:
            judged.setdefault(query, {})[rows[identifier]] = float(grade)
    kept = {q: g for q, g in judged.items() if max(g.values()) >= RELEVANT}
    if not kept:
        raise DataError(f"{path}: no query has a relevant product among the products.")
    return kept


def encoded(titles: Sequence[str], encoder: Encoder, cache: Path) -> Vectors:
    """Vectors of ``titles``, kept in ``cache`` between runs."""
    key = hashlib.sha256("\n".join([encoder.fingerprint, *titles]).encode()).hexdigest()[:24]
    path = cache / f"titles-{key}.npy"
    if path.exists():
        return np.asarray(np.load(path), dtype=np.float32)
    batches = [encoder.encode(titles[i : i + 512]) for i in range(0, len(titles), 512)]
    matrix = np.vstack(batches)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, matrix)
    return matrix
