"""The seam between vectors and the store that keeps them."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors


class VectorIndex(Protocol):
    """Keeps one unit vector per id and finds the nearest by cosine."""

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None: ...

    def delete(self, ids: Sequence[str]) -> None: ...

    def count(self) -> int: ...

    def scan(self, batch: int = 2000) -> Iterator[tuple[list[str], Vectors]]:
        """Yields every id with its vector, in no particular order."""
        ...

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """The ``limit`` nearest ids with their cosine, best first."""
        ...
