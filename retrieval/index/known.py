"""Vectors that need not be computed again."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from retrieval.encoder.encoder import Vectors
from retrieval.index.chroma_index import ChromaIndex
from retrieval.index.generation import open_files

SAME = 0.998
"""Cosine of a vector to itself in half precision is above it, that of any two texts below."""


class KnownVectors:
    """What Chroma keeps of a generation, as far as this machine's files do not contradict it."""

    def __init__(self, stored: ChromaIndex, folder: Path) -> None:
        self._stored = stored
        try:
            self._columns, _, _, self._matrix = open_files(folder)
            self._has_files = True
        except (OSError, ValueError, KeyError, TypeError):
            self._has_files = False

    def of(self, ids: Sequence[str], hashes: Sequence[str]) -> dict[str, Vectors]:
        """Vectors by id; ``hashes`` are those of the texts that they must stand for."""
        stored = self._stored.stored(ids, hashes)
        return {key: vector for key, vector in stored.items() if not self._is_denied(key, vector)}

    def _is_denied(self, identifier: str, vector: Vectors) -> bool:
        row = self._columns.row(identifier) if self._has_files else None
        if row is None:
            return False
        return bool(self._matrix.exact(vector, np.array([row], dtype=np.int64))[0] < SAME)

    def __enter__(self) -> "KnownVectors":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stored.close()
