"""Bulk reads and writes that are fast on both databases."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from retrieval.store.base import Base

Item = TypeVar("Item")
Row = dict[str, Any]

BATCH = 500
"""Keys per statement: far below SQLite's limit of parameters, and large enough to be fast."""


@dataclass(slots=True)
class UpsertCounts:
    """What an upsert found: rows that were new, differed, or were the same already."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def add(self, other: "UpsertCounts") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged


def chunks(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """``items`` in lists of at most ``size``, read no further than needed."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def table_of(row_class: type[Base]) -> Table:
    table = row_class.__table__
    assert isinstance(table, Table)
    return table


def differing(
    session: Session, row_class: type[Base], key: str, rows: Sequence[Row]
) -> tuple[list[Row], UpsertCounts]:
    """The rows that are not in the database just so, and counts. No two ``rows`` share a key."""
    counts = UpsertCounts()
    changed: list[Row] = []
    table = table_of(row_class)
    for chunk in chunks(rows):
        columns = [table.c[name] for name in chunk[0]]
        query = select(*columns).where(table.c[key].in_([row[key] for row in chunk]))
        present = {found[key]: dict(found) for found in session.execute(query).mappings()}
        for row in chunk:
            before = present.get(row[key])
            if before is None:
                counts.created += 1
            elif before == row:
                counts.unchanged += 1
                continue
            else:
                counts.updated += 1
            changed.append(row)
    return changed, counts


def write(
    session: Session,
    row_class: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    overwrite: bool = True,
) -> None:
    """Insert ``rows``; those whose primary key exists are overwritten, or else left as they are.

    All rows have the same columns.
    """
    if not rows:
        return
    table = table_of(row_class)
    dialect = session.get_bind().dialect.name
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = build(table)
    keys = [column.name for column in table.primary_key]
    updates = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if overwrite:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=updates)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    session.execute(statement, list(rows))
