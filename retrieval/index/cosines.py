"""Where a search takes the cosines of all products to its query from."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors
from retrieval.index.chroma_index import ChromaIndex
from retrieval.index.columns import Columns

Scores = NDArray[np.float32]


class Cosines(Protocol):
    """Where the cosines of all products to a query come from."""

    @property
    def is_exact(self) -> bool:
        """Whether what ``scan`` says needs no second look."""
        ...

    def scan(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        """Cosine of the ascending product ``rows``, nearly, to a query of shape (d,).

        Shape (products,); what the other rows hold means nothing.
        """
        ...

    def exact(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        """Cosine of some ascending rows; shape (rows,)."""
        ...


class ChromaCosines:
    """Cosines of what Chroma finds nearest; all other rows get -1."""

    is_exact = True

    def __init__(self, vectors: ChromaIndex, columns: Columns, depth: int = 1000) -> None:
        self._vectors = vectors
        self._columns = columns
        self._depth = depth

    def scan(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        scores = np.full(len(self._columns.ids), -1.0, dtype=np.float32)
        for identifier, cosine in self._vectors.nearest(query, self._depth):
            row = self._columns.row(identifier)
            if row is not None:
                scores[row] = cosine
        return scores

    def exact(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        return self.scan(query, rows)[rows]


@dataclass(frozen=True, slots=True)
class JoinedCosines:
    """Cosines of two lots of rows, one behind the other."""

    first: Cosines
    second: Cosines
    own: int
    """Rows of the first."""

    @property
    def is_exact(self) -> bool:
        return self.first.is_exact and self.second.is_exact

    def scan(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        before, behind = self._parted(rows)
        return np.concatenate([self.first.scan(query, before), self.second.scan(query, behind)])

    def exact(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        before, behind = self._parted(rows)
        return np.concatenate([self.first.exact(query, before), self.second.exact(query, behind)])

    def _parted(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        at = int(np.searchsorted(rows, self.own))
        return rows[:at], rows[at:] - self.own
