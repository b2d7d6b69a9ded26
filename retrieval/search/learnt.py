"""A learnt order: gradient-boosted trees over everything known of a query and a product.

What a shop's shoppers chose teaches it (LambdaMART, Burges 2010,
https://www.microsoft.com/en-us/research/publication/from-ranknet-to-lambdarank-to-lambdamart-an-overview/).
It orders the union of what the single scores found best; below that union the fused score orders.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors
from retrieval.index.exact_index import top_rows
from retrieval.search import asked_before, matching, translation
from retrieval.search.asked_before import AskedBefore
from retrieval.search.matching import TitleTable, ordered_terms
from retrieval.search.translation import Translation, translation_features

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]

CANDIDATES = 60
"""Rows of each score that the learnt order looks at."""

_FEEDBACK = 10  # best rows taken for what the query means (pseudo-relevance feedback)
_PER_SCORE = ("score", "share", "behind", "rank", "beats")
_BY_FEEDBACK = ("near_best", "near_first", "ends_as_best", "starts_as_best", "provisional")


@dataclass(frozen=True, slots=True)
class SearchEvidence:
    """What search knows for one query.

    ``scores``: name → score of every product, shape (products,) each. ``vectors``: of every
    product, unit length, shape (products, dimension); neighbours of the best are told by them.
    ``vector``: of the query, as earlier queries have theirs. ``translations``: what tells how
    titles say its words, none where nothing was learnt.
    """

    query: str
    scores: Mapping[str, Scores]
    vectors: Vectors
    vector: Vectors
    translations: Sequence[Translation] = ()


def feature_names(scores: Iterable[str]) -> list[str]:
    """Of the columns of ``candidate_features``."""
    per_score = [f"{name}_{part}" for name in scores for part in _PER_SCORE]
    return [
        *per_score,
        *_BY_FEEDBACK,
        *asked_before.FEATURES,
        *translation.FEATURES,
        *matching.FEATURES,
    ]


def candidate_rows(scores: Mapping[str, Scores], depth: int) -> Rows:
    """The best ``depth`` rows of each score, together, ascending."""
    best = [top_rows(score, depth) for score in scores.values()]
    return np.unique(np.concatenate(best))


def candidate_features(
    evidence: SearchEvidence, rows: Rows, table: TitleTable, before: AskedBefore
) -> Scores:
    """One line of features per row; shape (rows, len(feature_names(scores)))."""
    own = np.stack([score[rows] for score in evidence.scores.values()])
    columns: list[NDArray[np.floating]] = []
    provisional = np.zeros(len(rows))
    for score in own:
        best, least = float(score.max()), float(score.min())
        order = np.argsort(np.argsort(-score, kind="stable"), kind="stable")
        share = (score - least) / max(best - least, 1e-6)
        columns += [score, share, best - score, np.log1p(order), 1.0 / (10.0 + order)]
        provisional += share
    provisional /= len(own)
    columns += _feedback(evidence.vectors[rows], provisional, table, rows)
    columns += before.features(
        evidence.query, evidence.vector, rows, evidence.vectors, table.edges()
    )
    asked = list(dict.fromkeys(ordered_terms(evidence.query)))
    columns += translation_features(evidence.translations, asked, table, rows)
    matched = table.match(evidence.query, rows)
    return np.column_stack([*columns, matched]).astype(np.float32)


def _feedback(
    vectors: Vectors, provisional: NDArray[np.float64], table: TitleTable, rows: Rows
) -> list[NDArray[np.floating]]:
    """How near each row is to those that come first, by meaning and by the words of its kind."""
    best = np.argsort(-provisional, kind="stable")[:_FEEDBACK]
    weights = provisional[best] / max(float(provisional[best].sum()), 1e-6)
    starts, ends = (edge[rows] for edge in table.edges())
    return [
        vectors @ (weights @ vectors[best]),
        (vectors @ vectors[best[:3]].T).mean(axis=1),
        (ends[:, None] == ends[best]) @ weights,
        (starts[:, None] == starts[best]) @ weights,
        provisional,
    ]


def dealt(fused: Scores, rows: Rows, learnt: NDArray[np.float64]) -> Scores:
    """The fused scores dealt out anew among ``rows``: the one learnt best gets the highest.

    The order is learnt, the scale stays what the rest of search knows. Shape (products,).
    """
    found = fused.copy()
    found[rows[np.argsort(-learnt, kind="stable")]] = np.sort(fused[rows])[::-1]
    return found


class LearntOrder:
    """Scores candidates with the trees. Safe to call from several threads.

    Args:
        forests: grown from different seeds; their mean is the score.
        before: the queries that they learnt from.
    """

    def __init__(self, forests: Sequence[lightgbm.Booster], before: AskedBefore) -> None:
        self.forests = tuple(forests)
        self.before = before

    def score(self, features: Scores) -> NDArray[np.float64]:
        """One score a row, the higher the better; no scale is promised."""
        told = [forest.predict(features, num_threads=1) for forest in self.forests]
        return np.asarray(np.mean(told, axis=0), dtype=np.float64)

    def candidates(
        self, evidence: SearchEvidence, table: TitleTable
    ) -> tuple[Rows, NDArray[np.float64]]:
        """The rows looked at and a score for each."""
        rows = candidate_rows(evidence.scores, CANDIDATES)
        return rows, self.score(candidate_features(evidence, rows, table, self.before))

    def reorder(self, evidence: SearchEvidence, table: TitleTable) -> Scores:
        """The fused scores in the learnt order; see ``dealt``."""
        return dealt(evidence.scores["fused"], *self.candidates(evidence, table))
