"""Items that nobody had yet, counted like those whose texts are most like theirs.

Cf. Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.ranking.sequence.neighbours import Neighbours

_MODELS = 5
"""Items that one which nobody had is likened to."""
_AT_ONCE = 512

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Which items nobody had, and whom each is like.

    Attributes:
        items: (newcomers,) their numbers.
        models: (newcomers, some) numbers of items that somebody had.
        weights: (newcomers, some) what each of those counts.
    """

    items: Whole
    models: Whole
    weights: Floats

    def joined(self, near: Neighbours) -> Neighbours:
        """The same with what precedes and what follows the newcomers."""
        count = len(near.starts) - 1
        if not self.models.size:
            return near
        rows = np.repeat(self.items, self.models.shape[1])
        like = sparse.csr_matrix(
            (self.weights.ravel(), (rows, self.models.ravel())), shape=(count, count)
        )
        known = sparse.csr_matrix((near.values, near.items, near.starts), shape=(count, count))
        both = (known + known @ like.T + like @ known).tocsr()
        return Neighbours(
            both.indptr.astype(np.int64),
            both.indices.astype(np.int32),
            both.data.astype(np.float32),
        )


def newcomers(texts: Floats, had: NDArray[np.bool_]) -> Newcomers:
    """Likens items that nobody had to those that somebody had.

    Args:
        texts: (items, text size) unit vectors, zeros where an item has no text.
        had: (items,) whether anybody had the item.
    """
    written = texts.any(axis=1)
    new, old = np.flatnonzero(written & ~had), np.flatnonzero(written & had)
    count = min(_MODELS, len(old))
    models = np.empty((len(new), count), dtype=np.int64)
    weights = np.empty((len(new), count), dtype=np.float32)
    for start in range(0, len(new) if count else 0, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        like = texts[new[part]] @ texts[old].T
        best = np.argpartition(-like, count - 1, axis=1)[:, :count]
        models[part] = old[best]
        weights[part] = np.maximum(np.take_along_axis(like, best, axis=1), 0) / count
    return Newcomers(new, models, weights)
