"""The order of what was found."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.constraints import Sort
from retrieval.index.columns import Columns, Mask
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalScores
from retrieval.search.fusion import Scores

Rows = NDArray[np.int64]

_SORTED_SHARE = 0.6
"""A list sorted by price still has to answer the query: products below this share of the best
score are left out of it."""


@dataclass(slots=True)
class Found:
    """Scores over all products, and the rows that are relevant."""

    mask: Mask
    rows: Rows
    fused: Scores
    lexical: LexicalScores | None = None
    cosines: Scores | None = None


def ordered(
    found: Found, sort: Sort, columns: Columns, limit: int
) -> tuple[NDArray[np.int64], int]:
    """At most ``limit`` product rows, best first, and how many there are in all."""
    rows = found.rows
    if found.lexical is not None and sort != "relevance" and len(rows):
        scores = found.fused[rows]
        rows = rows[scores >= _SORTED_SHARE * scores.max()]
    keys = _keys(found, rows, sort, columns)
    return rows[top_rows(np.nan_to_num(keys, nan=-np.inf), limit)], len(rows)


def _keys(found: Found, rows: Rows, sort: Sort, columns: Columns) -> NDArray[np.floating]:
    """What the rows are sorted by, the highest first."""
    if sort in ("price_asc", "price_desc"):
        price = columns.price[columns.best(found.mask, rows)]
        return -price if sort == "price_asc" else price
    if sort == "newest":
        return columns.created[rows]
    if sort == "rating":
        return _shrunk_rating(columns)[rows]
    if sort == "popular":
        return columns.reviews[rows].astype(np.float64)
    return found.fused[rows]


def _shrunk_rating(columns: Columns, weight: float = 10.0) -> NDArray[np.float64]:
    """Mean rating, drawn to the catalogue's mean where few reviews stand behind it."""
    rated = np.isfinite(columns.rating)
    mean = float(columns.rating[rated].mean()) if rated.any() else 0.0
    rating = np.where(rated, columns.rating, mean)
    return (rating * columns.reviews + mean * weight) / (columns.reviews + weight)


def prior(columns: Columns) -> Scores:
    """How good a bet a product is when nothing is known of the wish, in [0, 1]."""
    if not len(columns.ids):
        return np.zeros(0, dtype=np.float32)
    reviews = np.log1p(columns.reviews)
    popular = reviews / max(float(reviews.max()), 1e-6)
    return (0.5 * popular + 0.1 * _shrunk_rating(columns)).astype(np.float32)
