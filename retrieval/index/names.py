"""A long list of names that opens at once: one file of text, found again by hash."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

_PARTS = ("text", "ends", "hashes", "order")


class Names(Sequence[str]):
    """Immutable sequence of strings over arrays that may stay on disk.

    A million ids as Python objects take 150 MB and a second to load, in which nobody else gets a
    turn; here they take no memory of the process and no time.
    """

    def __init__(
        self,
        text: NDArray[np.uint8],
        ends: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        order: NDArray[np.int32],
    ) -> None:
        self._text = text
        self._ends = ends
        self._hashes = hashes
        """Ascending; ``order`` says whose they are."""
        self._order = order

    @classmethod
    def of(cls, names: Iterable[str]) -> "Names":
        """Packs ``names``; of equal ones any may be found again."""
        encoded = [name.encode("utf-8", "surrogatepass") for name in names]
        ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
        hashes = np.fromiter((_hash(name) for name in encoded), np.uint64, len(encoded))
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(text, ends, hashes[order], order)

    def row(self, name: str) -> int | None:
        """The position of a name, or ``None`` where it is not among these."""
        wanted = name.encode("utf-8", "surrogatepass")
        hashed = _hash(wanted)
        at = int(np.searchsorted(self._hashes, np.uint64(hashed)))
        while at < len(self._hashes) and int(self._hashes[at]) == hashed:
            row = int(self._order[at])
            if self._bytes(row) == wanted:
                return row
            at += 1
        return None

    def __len__(self) -> int:
        return len(self._ends)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.row(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self._bytes(row % len(self)).decode("utf-8", "surrogatepass")

    def _bytes(self, row: int) -> bytes:
        start = int(self._ends[row - 1]) if row else 0
        return self._text[start : int(self._ends[row])].tobytes()

    def save(self, folder: Path, name: str) -> None:
        for part in _PARTS:
            np.save(folder / f"{name}.{part}.npy", getattr(self, f"_{part}"))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Names":
        parts: list[Any] = [mapped(folder / f"{name}.{part}.npy") for part in _PARTS]
        return cls(*parts)


class JoinedNames(Sequence[str]):
    """Two lists of names one after the other; a name in both is found in the second."""

    def __init__(self, first: Sequence[str], second: Sequence[str]) -> None:
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def __contains__(self, name: object) -> bool:
        return name in self._second or name in self._first

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        if row < 0:
            row += len(self)
        beyond = row - len(self._first)
        return self._first[row] if beyond < 0 else self._second[beyond]


def mapped(path: Path) -> NDArray[Any]:
    """An array left on disk: what is read of it stays in the page cache, not in the process."""
    array = np.load(path, mmap_mode="r")
    return np.asarray(array)  # a plain array on the same pages: slicing it costs less


def _hash(name: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")
