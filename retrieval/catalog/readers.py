"""Readers of feed files: each yields one record at a time, whatever the size of the file."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

import ijson
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from retrieval.catalog.encoding import UNDECODABLE, lines
from retrieval.errors import FeedError

PARQUET_BATCH = 500
FIELD_LIMIT = 2_000_000
RECORD_KEYS = (
    *("products", "reviews", "items", "data", "records", "results", "rows", "goods", "list"),
    *("comments", "商品", "评价", "评论"),
)
"""Where JSON documents keep their records."""


@dataclass(slots=True)
class Record:
    """One record; ``problem`` says why its ``values`` could not be read."""

    values: dict[str, Any]
    problem: str | None = None
    excerpt: str = ""


def jsonl(stream: io.BufferedIOBase, encoding: str) -> Iterator[Record]:
    """One JSON object per line."""
    for line in lines(stream, encoding):
        if line is None:
            yield Record({}, "is too long a line")
        elif UNDECODABLE in line:
            yield Record({}, f"cannot be decoded as {encoding}", line.replace(UNDECODABLE, "?"))
        elif line.strip():
            yield _json_record(line)


def delimited(stream: io.BufferedIOBase, encoding: str, delimiter: str) -> Iterator[Record]:
    """Rows of a CSV or TSV file whose first line names the columns."""
    csv.field_size_limit(FIELD_LIMIT)
    overlong: list[int] = []
    rows = csv.reader(_short_lines(lines(stream, encoding), overlong), delimiter=delimiter)
    header: list[str] | None = None
    reported = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            row = None
        except csv.Error as error:
            yield Record({}, f"is not valid CSV: {error}")
            continue
        for _ in range(reported, len(overlong)):
            yield Record({}, "is too long a line")
        reported = len(overlong)
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = [name.replace("\ufeff", "").strip() for name in row]
            continue
        yield _csv_record(header, row, encoding)


def json_records(stream: io.BufferedIOBase, encoding: str, key: str | None) -> Iterator[Record]:
    """Records of one JSON document: a list, or the list or object that lies under a key.

    Of an object the values are the records; its keys are their ``id`` where they have none.
    """
    source = stream if encoding == "utf-8" else _Utf8(stream, encoding)
    try:
        events = ijson.basic_parse(source, use_float=True)
        yield from _built(events, _find_records(events, key))
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"The JSON breaks off or is not valid: {error}") from error


def parquet(path: Path) -> Iterator[Record]:
    """Rows of a Parquet file, by batches."""
    import pyarrow as arrow  # noqa: PLC0415 (30 MB that other formats do without)
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=PARQUET_BATCH):
                for values in batch.to_pylist():
                    yield Record({name: _plain(value) for name, value in values.items()})
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise FeedError(f"The Parquet file is damaged: {error}") from error


def xml(stream: io.BufferedIOBase) -> Iterator[Record]:
    """Items of an RSS feed or entries of an Atom feed; elements become columns, without namespaces.

    An element that is there several times becomes a list, one with children an object.
    """
    root: Any = None
    depth = 0
    try:
        for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                root = element if root is None else root
                depth += _local(element.tag) in ("item", "entry")
            elif _local(element.tag) in ("item", "entry"):
                depth -= 1
                if depth == 0:
                    values = _element_value(element)
                    yield Record(values if isinstance(values, dict) else {})
                    for parent in (root, *root):
                        if element in parent:
                            parent.remove(element)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FeedError(f"The XML breaks off or is not valid: {error}") from error


def _json_record(line: str) -> Record:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Record({}, f"is not valid JSON: {error}", line)
    if not isinstance(values, dict):
        return Record({}, "is not a JSON object", line)
    return Record(values)


def _csv_record(header: list[str], row: list[str], encoding: str) -> Record:
    text = " ".join(row)
    if UNDECODABLE in text:
        return Record({}, f"cannot be decoded as {encoding}", text.replace(UNDECODABLE, "?"))
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        return Record({}, f"has {len(row)} cells, the header {len(header)}", text)
    return Record(dict(zip(header, row, strict=False)))


def _short_lines(source: Iterator[str | None], overlong: list[int]) -> Iterator[str]:
    """The lines that are not too long; the numbers of the others go to ``overlong``."""
    for number, line in enumerate(source):
        if line is None:
            overlong.append(number)
        else:
            yield line.replace("\x00", "")


class _Utf8(io.RawIOBase):
    """A stream of any encoding as one of UTF-8."""

    def __init__(self, stream: io.BufferedIOBase, encoding: str) -> None:
        self._text = io.TextIOWrapper(cast(BinaryIO, stream), encoding, errors="replace")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._text.read(size).encode("utf-8")


def _find_records(events: Iterator[tuple[str, Any]], key: str | None) -> str:
    """Read up to the beginning of the records; whether they lie in an ``array`` or a ``map``."""
    event, _ = next(events)
    if event == "start_array" and key is None:
        return "array"
    if event != "start_map":
        raise FeedError("The JSON document is neither a list nor an object.")
    depth = 1
    wanted = (key,) if key else RECORD_KEYS
    for event, value in events:
        if event == "map_key" and depth == 1 and value in wanted:
            kind, _ = next(events)
            if kind in ("start_array", "start_map"):
                return kind.removeprefix("start_")
        elif event in ("start_map", "start_array"):
            depth += 1
        elif event in ("end_map", "end_array"):
            depth -= 1
    raise FeedError(f"The JSON document has no list of products under {' or '.join(wanted)}.")


def _built(events: Iterator[tuple[str, Any]], kind: str) -> Iterator[Record]:
    """Build the records that follow, until their list or object ends."""
    key: str | None = None
    for event, value in events:
        if event in ("end_array", "end_map"):
            return
        if event == "map_key":
            key = value
            continue
        builder = ijson.ObjectBuilder()
        builder.event(event, value)
        depth = int(event in ("start_map", "start_array"))
        while depth:
            event, value = next(events)  # noqa: PLW2901
            builder.event(event, value)
            depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
        if isinstance(builder.value, dict):
            values = builder.value if kind == "array" else {"id": key, **builder.value}
            yield Record(values)
        else:
            yield Record({}, "is not a JSON object", str(builder.value))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _element_value(element: Any) -> Any:
    if len(element) == 0:
        return (element.text or "").strip() or element.get("href") or element.get("term") or ""
    values: dict[str, Any] = {}
    for child in element:
        name = _local(child.tag)
        value = _element_value(child)
        if name in values:
            before = values[name]
            values[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            values[name] = value
    return values
