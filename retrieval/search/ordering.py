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
        return columns.shrunk_rating[rows]
    if sort == "popular":
        return columns.reviews[rows].astype(np.float64)
    return found.fused[rows]
