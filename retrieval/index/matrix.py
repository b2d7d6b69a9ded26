"""All product vectors as one matrix: small whole numbers to scan, half precision to be exact."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import simsimd
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors

Scores = NDArray[np.float32]

_ARRAYS = ("codes", "scales", "halves")
_LARGEST = 127.0
_FEW = 0.2  # a row that is picked costs as much as four that are passed in order
_PICKED = 8192  # rows picked at once, so that they are still in the processor's cache when read
_SHARED = 200_000  # rows from which on a scan is worth several threads


class VectorMatrix:
    """Unit vectors in the order of the product rows.

    ``scan`` reads one byte a component and is off by less than 0.003, ``exact`` reads two bytes and
    is off by less than 0.0003. A million vectors of 384 components are 1.2 GB on disk, of which the
    third that is scanned stays in memory.

    Args:
        codes: int8, shape (n, d); a vector is about ``codes * scales``.
        scales: float32, shape (n,); 0 for a product without a vector.
        halves: float16, shape (n, d).
    """

    is_exact = False
    """Whether what ``scan`` says needs no second look."""

    def __init__(
        self,
        codes: NDArray[np.int8],
        scales: Scores,
        halves: NDArray[np.float16],
    ) -> None:
        self._codes = codes
        self._scales = scales
        self._halves = halves

    @classmethod
    def of(cls, vectors: Vectors) -> "VectorMatrix":
        """Packs vectors of shape (n, d)."""
        codes, scales = _quantised(vectors)
        return cls(codes, scales, vectors.astype(np.float16))

    def __len__(self) -> int:
        return len(self._codes)

    def scan(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        """Cosine of the ascending ``rows`` to ``query`` of shape (d,), nearly.

        Shape (n,); what the other rows hold means nothing.
        """
        if len(rows) < _FEW * len(self):
            scores = np.zeros(len(self), dtype=np.float32)
            scores[rows] = self.scan_rows(query, rows)
            return scores
        codes, scale = _quantised(query[None])
        scores = np.empty(len(self), dtype=np.float32)

        def fill(part: slice) -> None:
            scores[part] = _dots(codes, self._codes[part])

        workers = _workers() if len(self) >= _SHARED else 1
        ends = np.linspace(0, len(self), workers + 1).astype(int).tolist()
        parts = [slice(start, end) for start, end in pairwise(ends)]
        list(_pool().map(fill, parts) if workers > 1 else map(fill, parts))
        scores *= self._scales * scale[0]
        return scores

    def scan_rows(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        """What ``scan`` says of some rows; shape (rows,)."""
        codes, scale = _quantised(query[None])
        scores = np.empty(len(rows), dtype=np.float32)
        picked = np.empty((min(len(rows), _PICKED), self._codes.shape[1]), dtype=np.int8)
        for start in range(0, len(rows), _PICKED):
            part = slice(start, min(start + _PICKED, len(rows)))
            few = picked[: part.stop - start]
            # Into memory that is there already, unchecked: a third of the time of codes[rows].
            np.take(self._codes, rows[part], axis=0, out=few, mode="clip")
            scores[part] = _dots(codes, few)
        scores *= self._scales[rows] * scale[0]
        return scores

    def exact(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        """Cosine of some rows to ``query`` of shape (d,); shape (rows,)."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        half = query.astype(np.float16)[None]
        sums = simsimd.cdist(half, self._halves[rows], "dot", out_dtype="float32")
        scores: Scores = np.asarray(sums)[0]
        return scores

    def vectors(self, rows: slice) -> Vectors:
        """Some rows of these vectors, in half precision."""
        return self._halves[rows].astype(np.float32)

    @classmethod
    def load(cls, folder: Path) -> "VectorMatrix":
        """Opens what a ``MatrixWriter`` wrote; its parts stay on disk until they are read."""
        dimension = int((folder / "dimension").read_text(encoding="ascii"))
        scales = _raw(folder / "scales", np.float32)
        codes = _raw(folder / "codes", np.int8).reshape(len(scales), dimension)
        return cls(codes, scales, _raw(folder / "halves", np.float16).reshape(codes.shape))


class MatrixWriter:
    """Writes a matrix to a new folder piece by piece, however many rows it will have."""

    def __init__(self, folder: Path, dimension: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dimension").write_text(str(dimension), encoding="ascii")
        self._files = {name: (folder / name).open("wb") for name in _ARRAYS}

    def append(self, vectors: Vectors) -> None:
        """Adds the next rows; shape (n, d), zeros where a product has no vector."""
        codes, scales = _quantised(vectors)
        packed = {"codes": codes, "scales": scales, "halves": vectors.astype(np.float16)}
        for name, array in packed.items():
            self._files[name].write(np.ascontiguousarray(array).data)

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def __enter__(self) -> "MatrixWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _dots(query: NDArray[np.int8], codes: NDArray[np.int8]) -> Scores:
    """Dot products of one row with many; shape (codes,)."""
    if not len(codes):
        return np.zeros(0, dtype=np.float32)
    sums: Scores = np.asarray(simsimd.cdist(query, codes, "dot", out_dtype="float32"))[0]
    return sums


def _workers() -> int:
    """Threads of one scan; more than a few only wait for memory."""
    return min(os.cpu_count() or 1, 4)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_workers(), thread_name_prefix="scan")


def _raw(path: Path, kind: type[np.generic]) -> NDArray[Any]:
    if not path.stat().st_size:
        return np.zeros(0, dtype=kind)
    return np.asarray(np.memmap(path, dtype=kind, mode="r"))


def _quantised(vectors: Vectors) -> tuple[NDArray[np.int8], Scores]:
    """Codes in [-127, 127] and the scale of each row."""
    scales = (np.abs(vectors).max(axis=1, initial=0.0) / _LARGEST).astype(np.float32)
    codes = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    return codes, scales
