"""Key to row numbers, packed into two arrays so that a million rows stay small."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.index.names import Names, mapped

Rows = NDArray[np.int32]


class Postings:
    """Immutable map of a key to the ascending rows that carry it.

    ``tail``: postings of rows that were added behind these, counted from ``offset``.
    """

    def __init__(
        self,
        keys: Names,
        starts: NDArray[np.int64],
        rows: Rows,
        tail: "Postings | None" = None,
        offset: int = 0,
    ) -> None:
        self._keys = keys
        self._starts = starts
        self._rows = rows
        self._tail = tail
        self._offset = offset

    @classmethod
    def of(cls, found: Mapping[str, Iterable[int]]) -> "Postings":
        """Packs ``found``; a key's rows must ascend, repetitions are dropped."""
        lists = [np.unique(np.fromiter(rows, dtype=np.int32)) for rows in found.values()]
        starts = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(rows) for rows in lists], out=starts[1:])
        packed = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int32)
        return cls(Names.of(found), starts, packed)

    def joined(self, tail: "Postings", offset: int) -> "Postings":
        """These with those of a ``tail``, whose rows begin at ``offset``."""
        return Postings(self._keys, self._starts, self._rows, tail, offset)

    def rows(self, key: str) -> Rows:
        """The rows of ``key``; none where it is unknown."""
        number = self._keys.row(key)
        if number is None:
            found = self._rows[:0]
        else:
            found = self._rows[self._starts[number] : self._starts[number + 1]]
        if self._tail is None or not len(added := self._tail.rows(key)):
            return found
        return np.concatenate([found, added + np.int32(self._offset)])

    def __iter__(self) -> Iterator[str]:
        yield from self._keys
        if self._tail is not None:
            yield from (key for key in self._tail if key not in self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys or (self._tail is not None and key in self._tail)

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.starts.npy", self._starts)
        np.save(folder / f"{name}.rows.npy", self._rows)
        self._keys.save(folder, f"{name}.keys")

    @classmethod
    def load(cls, folder: Path, name: str) -> "Postings":
        keys = Names.load(folder, f"{name}.keys")
        return cls(keys, mapped(folder / f"{name}.starts.npy"), mapped(folder / f"{name}.rows.npy"))
