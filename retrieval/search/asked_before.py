"""What answered like queries before: they tell the kind of thing that this one means."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors

Rows = NDArray[np.int64]

FEATURES = ("asked_like", "asked_near", "asked_nearest", "asked_starts", "asked_ends")
"""Names of the columns of ``AskedBefore.features``."""

_NEIGHBOURS = 10
_SHARPNESS = 10.0


class AskedBefore:
    """Earlier queries and how well which products answered them. Immutable.

    Args:
        answers: query → row of a product → gain, 0 or more.
        vectors: of the queries in their order, unit length.
    """

    def __init__(self, answers: Mapping[str, Mapping[int, float]], vectors: Vectors) -> None:
        self._places = {query: place for place, query in enumerate(answers)}
        self._vectors = vectors
        self._rows = [np.array(list(found), dtype=np.int64) for found in answers.values()]
        self._gains = [np.array(list(found.values())) for found in answers.values()]

    def features(
        self, query: str, vector: Vectors, rows: Rows, vectors: Vectors, edges: Sequence[Rows]
    ) -> list[NDArray[np.floating]]:
        """How like the rows are to what answered the queries nearest to ``query``.

        The query itself and the row itself are left out: the first would tell in training what is
        to be learnt, the second which products were looked at at all.

        Args:
            vector: of ``query``.
            rows: of the candidates.
            vectors: of all products.
            edges: the first and the last term of the name of every product.
        """
        alike = self._vectors @ vector
        if query in self._places:
            alike[self._places[query]] = -np.inf
        count = min(_NEIGHBOURS, len(alike))
        nearest = np.argpartition(-alike, count - 1)[:count] if count else np.zeros(0, np.int64)
        nearest = nearest[np.isfinite(alike[nearest])]
        answers = np.concatenate([self._rows[n] for n in nearest] or [np.zeros(0, np.int64)])
        if not len(answers):
            return [np.zeros(len(rows)) for _ in FEATURES]
        likeness = np.concatenate([np.full(len(self._rows[n]), alike[n]) for n in nearest])
        gains = np.concatenate([self._gains[n] for n in nearest])
        weights = gains * np.exp(_SHARPNESS * (likeness - likeness.max()))
        others = (rows[:, None] != answers) * weights
        shares = others / np.maximum(others.sum(axis=1, keepdims=True), 1e-9)
        near = vectors[rows] @ vectors[answers].T
        starts, ends = ((edge[rows][:, None] == edge[answers]) * shares for edge in edges)
        counted = (rows[:, None] != answers) & (gains > 0)
        return [
            np.full(len(rows), float(likeness.max())),
            (near * shares).sum(axis=1),
            np.where(counted, near * likeness, -1.0).max(axis=1),
            starts.sum(axis=1),
            ends.sum(axis=1),
        ]
