"""Named figures of one row of a matrix, read when somebody asks for them."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray


class Figures(Mapping[str, float]):
    """A row by the names of its columns. A hundred of these are made for a list of which a few are
    ever read."""

    __slots__ = ("_columns", "_row", "_table")

    def __init__(self, columns: Mapping[str, int], table: NDArray[np.float64], row: int) -> None:
        self._columns = columns
        self._table = table
        self._row = row

    def __getitem__(self, name: str) -> float:
        return float(self._table[self._row, self._columns[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return repr(dict(self))


def columns(names: Iterable[str]) -> dict[str, int]:
    """Names to the places they stand in."""
    return {name: column for column, name in enumerate(names)}
