"""Items that follow one another or are taken together, as one sparse matrix of similarities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Rows of a sparse (items, items) matrix, as CSR.

    Attributes:
        starts: (items + 1,) where each row begins in the other two.
        items: (entries,) number of the neighbour.
        values: (entries,) how strongly it follows the row's item.
    """

    starts: Whole
    items: NDArray[np.int32]
    values: Floats

    def scores(self, items: Whole, weights: Floats) -> Floats:
        """(items,) for the whole catalogue: the weighted sum of the rows of some items."""
        total = np.zeros(len(self.starts) - 1, dtype=np.float32)
        for item, weight in zip(items.tolist(), weights.tolist(), strict=True):
            if not weight:
                continue
            row = slice(self.starts[item], self.starts[item + 1])
            total[self.items[row]] += weight * self.values[row]
        return total

    def grown(self, items: int) -> "Neighbours":
        """The same with empty rows for more items, ``items`` in all."""
        more = np.full(items + 1 - len(self.starts), self.starts[-1])
        return Neighbours(np.append(self.starts, more), self.items, self.values)
