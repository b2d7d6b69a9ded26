"""Key to row numbers, packed into two arrays so that a million rows stay small."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]


class Postings:
    """Immutable map of a key to the ascending rows that carry it."""

    def __init__(self, keys: Mapping[str, int], starts: NDArray[np.int64], rows: Rows) -> None:
        self._keys = keys
        self._starts = starts
        self._rows = rows

    @classmethod
    def of(cls, found: Mapping[str, Iterable[int]]) -> "Postings":
        """Packs ``found``; a key's rows must ascend, repetitions are dropped."""
        lists = [np.unique(np.fromiter(rows, dtype=np.int32)) for rows in found.values()]
        starts = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(rows) for rows in lists], out=starts[1:])
        packed = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int32)
        return cls({key: number for number, key in enumerate(found)}, starts, packed)

    def rows(self, key: str) -> Rows:
        """The rows of ``key``; none where it is unknown."""
        number = self._keys.get(key)
        if number is None:
            return self._rows[:0]
        return self._rows[self._starts[number] : self._starts[number + 1]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.starts.npy", self._starts)
        np.save(folder / f"{name}.rows.npy", self._rows)
        (folder / f"{name}.keys.txt").write_text("\n".join(self._keys), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> "Postings":
        text = (folder / f"{name}.keys.txt").read_text(encoding="utf-8")
        keys = {key: number for number, key in enumerate(text.split("\n"))} if text else {}
        starts = np.load(folder / f"{name}.starts.npy")
        return cls(keys, starts, np.load(folder / f"{name}.rows.npy"))
