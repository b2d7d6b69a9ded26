"""Counts what follows what and what is taken together, and makes similarities of it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from finetune.sequence.histories import Histories, Whole
from retrieval.ranking.sequence.history import step_numbers
from retrieval.ranking.sequence.neighbours import Neighbours

_MOST = 400
"""Neighbours kept of each item."""
_REACH = 20
"""Moments that still follow one another."""


class Following(NamedTuple):
    """How sequences are counted.

    Attributes:
        near: what each moment further off counts.
        back: what a pair counts in the other direction.
        before: exponent of the earlier item's frequency that a count is divided by.
        after: exponent of the later item's; 0.5 for both makes the cosine.
        decay: what each moment further back counts when scoring.
    """

    near: float = 0.85
    back: float = 0.7
    before: float = 0.5
    after: float = 0.3
    decay: float = 0.7


class Moments:
    """Who had what in which moment; events of one time are one moment, a basket."""

    def __init__(self, histories: Histories) -> None:
        self.items = len(histories.items)
        steps: list[Whole] = []
        owners: list[Whole] = []
        columns: list[Whole] = []
        total = 0
        for row, times in zip(histories.rows, histories.times, strict=True):
            numbers = step_numbers(times, len(row))
            steps.append(numbers + total)
            owners.append(np.full(int(numbers[-1]) + 1 if len(row) else 0, len(owners)))
            columns.append(row)
            total += int(numbers[-1]) + 1 if len(row) else 0
        self.owners = np.concatenate(owners)
        ones = np.ones(sum(map(len, columns)), dtype=np.float32)
        self.had = sparse.csr_matrix(
            (ones, (np.concatenate(steps), np.concatenate(columns))), shape=(total, self.items)
        )
        self.had.data[:] = 1  # an item twice in a basket is one
        self.counts = np.asarray(self.had.sum(axis=0)).ravel()
        self._histories = histories

    def following(self, near: float) -> Any:
        """(items, items): how often the column's item came after the row's, near ones more."""
        total = sparse.csr_matrix((self.items, self.items), dtype=np.float32)
        # A large basket says less about each of its pairs.
        width = np.maximum(np.asarray(self.had.sum(axis=1)).ravel(), 1)
        weighed = sparse.diags(1 / np.sqrt(width)).dot(self.had).tocsr().astype(np.float32)
        for apart in range(1, _REACH + 1):
            if near ** (apart - 1) < 0.02 or apart >= len(self.owners):
                break
            pairs = np.flatnonzero(self.owners[apart:] == self.owners[:-apart])
            if not len(pairs):
                break
            earlier, later = weighed[pairs], weighed[pairs + apart]
            total = total + near ** (apart - 1) * (earlier.T @ later)
        return total.tocsr()

    def popularity(self, half_life_days: float) -> NDArray[np.float32]:
        """(items,) logarithm of each item's share of events, late ones counting more."""
        counts = np.zeros(self.items)
        known = [times for times in self._histories.times if times is not None and len(times)]
        now = max((float(times[-1]) for times in known), default=0.0)
        for row, times in zip(self._histories.rows, self._histories.times, strict=True):
            if times is None:
                np.add.at(counts, row, 1.0)
            else:
                np.add.at(counts, row, 0.5 ** ((now - times) / (half_life_days * 86400)))
        share: NDArray[np.float32] = np.log((counts + 1) / (counts.sum() + self.items)).astype(
            np.float32
        )
        return share

    def together(self) -> Neighbours:
        """Cosine of the moments that two items share."""
        shared = (self.had.T @ self.had).tocsr().astype(np.float32)
        return strongest(divided(shared, self.counts, 0.5, 0.5))

    def follows(self, how: Following, following: Any | None = None) -> Neighbours:
        """Similarities; ``following`` saves counting where that is done."""
        counted = self.following(how.near) if following is None else following
        both = (counted + how.back * counted.T).tocsr()
        return strongest(divided(both, self.counts, how.before, how.after))


def divided(counted: Any, counts: NDArray[np.floating[Any]], before: float, after: float) -> Any:
    """Counts of pairs divided by powers of both items' own counts, without the diagonal."""
    own = np.maximum(counts, 1.0)
    scaled = sparse.diags(own**-before).dot(counted).dot(sparse.diags(own**-after)).tocoo()
    apart = scaled.row != scaled.col
    return sparse.csr_matrix(
        (scaled.data[apart], (scaled.row[apart], scaled.col[apart])),
        shape=counted.shape,
        dtype=np.float32,
    )


def strongest(similar: Any, most: int = _MOST) -> Neighbours:
    """The ``most`` largest entries of each row."""
    starts, items, values = [0], [], []
    for row in range(similar.shape[0]):
        part = slice(similar.indptr[row], similar.indptr[row + 1])
        column, value = similar.indices[part], similar.data[part]
        if len(value) > most:
            kept = np.argpartition(-value, most)[:most]
            column, value = column[kept], value[kept]
        items.append(column)
        values.append(value)
        starts.append(starts[-1] + len(value))
    return Neighbours(
        np.array(starts, dtype=np.int64),
        np.concatenate(items).astype(np.int32),
        np.concatenate(values).astype(np.float32),
    )
