"""All product vectors as one matrix: small whole numbers to scan, half precision to be exact."""

from pathlib import Path
from typing import Any

import numpy as np
import simsimd
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors

Scores = NDArray[np.float32]

_ARRAYS = ("codes", "scales", "halves")
_LARGEST = 127.0


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

    def scan(self, query: Vectors) -> Scores:
        """Cosine of every row to ``query`` of shape (d,), nearly; shape (n,)."""
        if not len(self):
            return np.zeros(0, dtype=np.float32)
        codes, scales = _quantised(query[None])
        sums = np.asarray(simsimd.cdist(codes, self._codes, "dot", out_dtype="float32"))[0]
        scores: Scores = sums * (self._scales * scales[0])
        return scores

    def scan_rows(self, query: Vectors, rows: NDArray[np.int64]) -> Scores:
        """What ``scan`` says of some rows; shape (rows,)."""
        return VectorMatrix(self._codes[rows], self._scales[rows], self._halves[:0]).scan(query)

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


def _raw(path: Path, kind: type[np.generic]) -> NDArray[Any]:
    if not path.stat().st_size:
        return np.zeros(0, dtype=kind)
    return np.asarray(np.memmap(path, dtype=kind, mode="r"))


def _quantised(vectors: Vectors) -> tuple[NDArray[np.int8], Scores]:
    """Codes in [-127, 127] and the scale of each row."""
    scales = (np.abs(vectors).max(axis=1, initial=0.0) / _LARGEST).astype(np.float32)
    codes = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    return codes, scales
