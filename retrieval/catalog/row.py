"""Access to the cells of records by the column names that a mapping uses."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from retrieval.catalog.cells import is_empty
from retrieval.catalog.mapping import FieldRule, column_key

Values = dict[str, Any]


class Row:
    """One or several records, looked through in order for the first cell that is not empty."""

    __slots__ = ("records",)

    def __init__(self, *records: Values) -> None:
        self.records = records

    def get(self, columns: Iterable[str]) -> Any:
        """The first cell of any of ``columns`` that says something, else ``None``."""
        for column in columns:
            for record in self.records:
                value = _look_up(record, column)
                if not is_empty(value):
                    return value
        return None

    def read(self, rule: FieldRule) -> Any:
        """What a field rule finds: a cell, a list where it joins columns, or its constant."""
        for column in rule.column:
            if isinstance(column, str):
                value = self.get([column])
            else:
                cells = [self.get([name]) for name in column]
                value = cells if all(cell is not None for cell in cells) else None
            if value is not None:
                if rule.values and isinstance(value, str | int | float | bool):
                    return _replaced(rule, value)
                return value
        return rule.constant

    def cells(self) -> Iterator[tuple[str, Any]]:
        """Every non-empty cell with its column, the first record's before the next one's."""
        for record in self.records:
            for column, value in record.items():
                if column and not is_empty(value):
                    yield column, value


def _replaced(rule: FieldRule, value: object) -> Any:
    wanted = str(value).strip().casefold()
    return next((new for old, new in rule.values.items() if old.casefold() == wanted), value)


def _look_up(record: Values, column: str) -> Any:
    if column in record:
        return record[column]
    actual = _actual_names(tuple(record)).get(column_key(column))
    if actual is not None:
        return record[actual]
    if "." not in column:
        return None
    first, *path = column.split(".")
    value = _look_up(record, first)
    for part in path:
        if isinstance(value, dict):
            value = _look_up(value, part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


@lru_cache(maxsize=1000)
def _actual_names(columns: tuple[str, ...]) -> dict[str, str]:
    """Column key → the column as this record spells it; the first of several alike."""
    names: dict[str, str] = {}
    for column in columns:
        names.setdefault(column_key(column), column)
    return names
