"""Exact nearest neighbours from one matrix in memory, derived from a stored index."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors
from retrieval.index.vectors import VectorIndex


@dataclass(frozen=True, slots=True)
class _Snapshot:
    ids: list[str]
    matrix: Vectors


class ExactIndex:
    """A ``VectorIndex`` in memory. Readers never wait: a write replaces the whole snapshot."""

    def __init__(self, dimension: int) -> None:
        self._snapshot = _Snapshot([], np.zeros((0, dimension), dtype=np.float32))
        self._writing = threading.Lock()

    @classmethod
    def copy_of(cls, stored: VectorIndex, dimension: int) -> "ExactIndex":
        """Reads everything that ``stored`` holds."""
        index = cls(dimension)
        index._snapshot = _Snapshot(*matrix_of(stored, dimension))
        return index

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        fresh = dict(zip(ids, np.asarray(vectors, dtype=np.float32), strict=True))
        with self._writing:
            now = self._snapshot
            kept = [row for row, identifier in enumerate(now.ids) if identifier not in fresh]
            self._snapshot = _Snapshot(
                [now.ids[row] for row in kept] + list(fresh),
                np.vstack([now.matrix[kept], *fresh.values()]),
            )

    def delete(self, ids: Sequence[str]) -> None:
        gone = set(ids)
        with self._writing:
            now = self._snapshot
            kept = [row for row, identifier in enumerate(now.ids) if identifier not in gone]
            self._snapshot = _Snapshot([now.ids[row] for row in kept], now.matrix[kept])

    def count(self) -> int:
        return len(self._snapshot.ids)

    def scan(self, batch: int = 2000) -> Iterator[tuple[list[str], Vectors]]:
        now = self._snapshot
        for start in range(0, len(now.ids), batch):
            yield now.ids[start : start + batch], now.matrix[start : start + batch]

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        now = self._snapshot
        scores = now.matrix @ np.asarray(vector, dtype=np.float32)
        return [(now.ids[row], float(scores[row])) for row in top_rows(scores, limit)]


def matrix_of(stored: VectorIndex, dimension: int) -> tuple[list[str], Vectors]:
    """Every id of ``stored`` and one matrix of shape ``(ids, dimension)`` in the same order."""
    ids: list[str] = []
    matrix = np.empty((stored.count(), dimension), dtype=np.float32)
    for some, vectors in stored.scan():
        matrix[len(ids) : len(ids) + len(some)] = vectors
        ids.extend(some)
    return ids, matrix[: len(ids)]


def top_rows(scores: NDArray[np.floating], limit: int) -> NDArray[np.int64]:
    """The positions of the ``limit`` highest scores, best first; ties by position."""
    limit = min(limit, len(scores))
    if limit <= 0:
        return np.zeros(0, dtype=np.int64)
    if limit < len(scores):
        # Everything that ties with the last one comes along, so that ties resolve by position.
        least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        among = np.flatnonzero(scores >= least)
    else:
        among = np.arange(len(scores))
    return among[np.argsort(-scores[among], kind="stable")][:limit]
