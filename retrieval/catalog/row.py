"""Access to the cells of records by the column names that a mapping uses."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from retrieval.catalog.cells import is_empty
from retrieval.catalog.mapping import FieldRule, column_key

Values = dict[str, Any]
Step = tuple[str, tuple[str, ...]]
"""A column as the record spells it, and the path below it."""


class Row:
    """One or several records, looked through in order for the first cell that is not empty."""

    __slots__ = ("_shapes", "records")

    def __init__(self, *records: Values) -> None:
        self.records = records
        self._shapes = [_shape(tuple(record)) for record in records]

    def get(self, columns: Sequence[str]) -> Any:
        """The first cell of any of ``columns`` that says something, else ``None``."""
        for record, shape in zip(self.records, self._shapes, strict=True):
            for name, path in shape.find(tuple(columns)):
                value = _follow(record[name], path) if path else record[name]
                if not is_empty(value):
                    return value
        return None

    def read(self, rule: FieldRule) -> Any:
        """What a field rule finds: a cell, a list where it joins columns, or its constant."""
        value = self._joined(rule) if rule.single is None else self.get(rule.single)
        if value is None:
            return rule.constant
        if rule.values and isinstance(value, str | int | float | bool):
            return _replaced(rule, value)
        return value

    def cells(self) -> Iterator[tuple[str, Any]]:
        """Every non-empty cell with its column, the first record's before the next one's."""
        for record in self.records:
            for column, value in record.items():
                if column and not is_empty(value):
                    yield column, value

    def _joined(self, rule: FieldRule) -> Any:
        for column in rule.column:
            if isinstance(column, str):
                value = self.get((column,))
            else:
                cells = [self.get((name,)) for name in column]
                value = None if None in cells else cells
            if value is not None:
                return value
        return None


class _Shape:
    """The columns of records that have the same ones; remembers where each rule finds its own."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._found: dict[tuple[str, ...], tuple[Step, ...]] = {}
        self._names: dict[str, str] = {}
        for column in columns:
            self._names.setdefault(column_key(column), column)
        self._names.update((column, column) for column in columns)

    def find(self, columns: tuple[str, ...]) -> tuple[Step, ...]:
        """Those of ``columns`` that are there."""
        steps = self._found.get(columns)
        if steps is None:
            found = (self._step(column) for column in columns)
            steps = self._found[columns] = tuple(step for step in found if step)
        return steps

    def _step(self, column: str) -> Step | None:
        name = self._names.get(column) or self._names.get(column_key(column))
        if name is not None:
            return name, ()
        first, *path = column.split(".")
        name = self._names.get(column_key(first)) if path else None
        return None if name is None else (name, tuple(path))


_shape = lru_cache(maxsize=1000)(_Shape)


def _replaced(rule: FieldRule, value: object) -> Any:
    wanted = str(value).strip().casefold()
    return next((new for old, new in rule.values.items() if old.casefold() == wanted), value)


def _follow(value: Any, path: tuple[str, ...]) -> Any:
    """What lies at ``path`` within nested objects and lists."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
