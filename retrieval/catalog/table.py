"""Whole columns of a file, whatever it is written as, for what needs them all at once."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from retrieval.catalog.feed import Feed, open_feed
from retrieval.errors import FeedError

logger = logging.getLogger(__name__)

_TOLD = 5
"""Unreadable rows of a file that are named; of others only the number is told."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns asked for, and for each of their cells the number of its row, from 1."""

    rows: list[int]
    columns: list[list[object]]


def read_table(path: Path, *needed: str, optional: Collection[str] = ()) -> Table:
    """Columns of a Parquet, CSV, TSV, JSON or JSONL file, gzipped or not, in any encoding that
    ``open_feed`` knows; ``optional`` ones come after the others, blank where there are none.

    Rows that cannot be read are left out and logged with number and reason.

    Raises:
        FeedError: the file is missing, empty, of no known kind or without a needed column.
    """
    try:
        return _read(path, needed, optional)
    except FeedError as error:
        told = str(error)
        raise FeedError(told if str(path) in told else f"{path}: {told}") from error


def _read(path: Path, needed: tuple[str, ...], optional: Collection[str]) -> Table:
    suffixes = path.name.lower().removesuffix(".gz").rsplit(".", 1)[1:]
    feed = open_feed(path, "csv" if suffixes == ["csv"] else None)
    names = (*needed, *optional)
    if feed.written_as == "parquet":
        return _parquet(path, needed, names)
    return _records(feed, needed, names)


def _parquet(path: Path, needed: Collection[str], names: Collection[str]) -> Table:
    import pyarrow as arrow  # noqa: PLC0415 (30 MB that other formats do without)
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    try:
        with ParquetFile(path) as file:
            held = file.schema_arrow.names
            _check(path, needed, held)
            table = file.read(columns=[name for name in names if name in held])
            count = file.metadata.num_rows
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise FeedError(f"{path} is a damaged Parquet file: {error}") from error
    columns: list[list[object]] = [
        table[n].to_pylist() if n in held else [""] * count for n in names
    ]
    return Table(list(range(1, count + 1)), columns)


def _records(feed: Feed, needed: Collection[str], names: Collection[str]) -> Table:
    rows: list[int] = []
    columns: list[list[object]] = [[] for _ in names]
    held: dict[str, None] = {}
    left_out = 0
    for number, record in enumerate(feed.records(), 1):
        if record.problem:
            left_out += 1
            if left_out <= _TOLD:
                logger.warning("%s: row %d: %s", feed.path, number, record.problem)
            continue
        held.update(dict.fromkeys(record.values))
        rows.append(number)
        for column, name in zip(columns, names, strict=True):
            column.append(record.values.get(name, "" if name not in needed else None))
    if left_out > _TOLD:
        logger.warning("%s: %d more rows are left out", feed.path, left_out - _TOLD)
    if not rows:
        raise FeedError(f"{feed.path} holds no rows.")
    _check(feed.path, needed, held)
    return Table(rows, columns)


def _check(path: Path, needed: Collection[str], held: Collection[str]) -> None:
    for name in needed:
        if name not in held:
            raise FeedError(f"{path} has no column {name!r}; it has {', '.join(held)}.")
