"""How titles say what queries mean: the chance of a query's word where a title has another one.

IBM Model 1 (Brown et al. 1993, https://aclanthology.org/J93-2003/), as Berger and Lafferty use it
for search (1999, https://doi.org/10.1145/312624.312681): "fridge" is likely where "refrigerator"
is, though the two share no stem.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.search.matching import TitleTable

Rows = NDArray[np.int64]
Pair = tuple[str, str]
"""A query's term and a title's."""

FEATURES = ("translated", "translated_best", "translated_behind", "translated_rank")
"""Names of the columns of ``translation_features``."""

_TRANSLATED, _HELD, _ANYWHERE = 0.7, 0.2, 0.1  # how a word of a query may have come about


class Translation:
    """Immutable.

    Args:
        chances: of a query's term, given a title's.
        shares: of the terms among all of the queries'.
    """

    def __init__(self, chances: Mapping[Pair, float], shares: Mapping[str, float]) -> None:
        self._chances = chances
        self._shares = shares
        self._rare = min(shares.values(), default=1e-4) / 2

    def log_chance(
        self, asked: Sequence[str], table: TitleTable, rows: Rows
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of each row: the mean log chance of a query's term, and what its best words gain."""
        ids, inside = table.places(rows)
        some, where = np.unique(ids, return_inverse=True)
        words = [table.word(int(number)) for number in some]
        where = where.reshape(ids.shape)
        lengths = np.maximum(inside.sum(axis=1), 1)
        total, gained = np.zeros(len(rows)), np.zeros(len(rows))
        for term in asked:
            chances = np.array([self._chances.get((term, word), 0.0) for word in words])
            same = np.array([word == term for word in words])
            told = chances[where] * inside
            share = self._shares.get(term, self._rare)
            held = (same[where] & inside).any(axis=1) / lengths
            chance = _TRANSLATED * told.sum(axis=1) / lengths + _HELD * held + _ANYWHERE * share
            total += np.log(chance)
            gained -= told.max(axis=1, initial=0.0) * np.log(share)
        return total / max(len(asked), 1), gained


def translation_features(
    models: Sequence[Translation], asked: Sequence[str], table: TitleTable, rows: Rows
) -> list[NDArray[np.floating]]:
    """Columns for each row, of the mean of ``models``."""
    if not models:
        return [np.zeros(len(rows)) for _ in FEATURES]
    found = np.mean([model.log_chance(asked, table, rows) for model in models], axis=0)
    chance, gained = found
    order = np.argsort(np.argsort(-chance, kind="stable"), kind="stable")
    return [chance, gained, chance.max(initial=-np.inf) - chance, np.log1p(order)]
