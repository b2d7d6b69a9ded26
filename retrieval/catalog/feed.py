"""A feed file: finds out how it is written, and reads its records one by one."""

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval.catalog import readers
from retrieval.catalog.encoding import SAMPLE_BYTES, detect_encoding
from retrieval.catalog.readers import Record
from retrieval.errors import FeedError

_BY_SUFFIX = {"jsonl": "jsonl", "ndjson": "jsonl", "tsv": "tsv"}
"""Names that leave no doubt; for all others the content decides."""

WRITTEN_AS = ("jsonl", "json", "csv", "tsv", "parquet", "xml")


@dataclass(frozen=True, slots=True)
class Feed:
    """How a feed file is written; ``records`` reads it from the beginning, holding one batch."""

    path: Path
    written_as: str
    encoding: str
    gzipped: bool = False
    delimiter: str = ","
    records_key: str | None = None
    """JSON: the key of the list or object of records; ``None`` looks for it."""

    def records(self) -> Iterator[Record]:
        """All records. Raises ``FeedError`` where the file breaks off or is not what it seemed."""
        if self.written_as == "parquet":
            yield from readers.parquet(self.path)
            return
        with _open(self.path, self.gzipped) as stream:
            try:
                if self.written_as == "xml":
                    yield from readers.xml(stream)
                elif self.written_as == "json":
                    yield from readers.json_records(stream, self.encoding, self.records_key)
                elif self.written_as == "jsonl":
                    yield from readers.jsonl(stream, self.encoding)
                else:
                    yield from readers.delimited(stream, self.encoding, self.delimiter)
            except (OSError, EOFError) as error:  # gzip raises both for damaged files
                raise FeedError(f"The feed breaks off: {error}") from error


def open_feed(path: Path, written_as: str | None = None, records_key: str | None = None) -> Feed:
    """Look at the beginning of a file. ``written_as`` is one of ``WRITTEN_AS``, or looked for.

    Raises ``FeedError`` for a file that is missing, empty, unreadable, or of no known kind.
    """
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        with _open(path, gzipped) as stream:
            sample = _sample(stream)
    except (OSError, EOFError) as error:
        raise FeedError(f"{path} cannot be read: {error}") from error
    if not sample.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise FeedError(f"{path} is empty.")
    if sample[:4] == b"PAR1":
        if gzipped:
            raise FeedError(f"{path} is a Parquet file inside gzip; unpack it first.")
        return Feed(path, "parquet", "binary")
    if written_as == "parquet":
        raise FeedError(f"{path} is not a Parquet file.")
    encoding = detect_encoding(sample)
    text = sample.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    found = written_as or _BY_SUFFIX.get(path.name.removesuffix(".gz").rpartition(".")[2])
    found = found or _written_as(text)
    delimiter = "\t" if found == "tsv" else _delimiter(text)
    return Feed(path, found, encoding, gzipped, delimiter, records_key)


@contextmanager
def _open(path: Path, gzipped: bool) -> Iterator[io.BufferedIOBase]:
    with gzip.open(path, "rb") if gzipped else path.open("rb") as stream:
        yield stream


def _sample(stream: io.BufferedIOBase) -> bytes:
    """The beginning of a stream, as much of it as can be read."""
    sample = b""
    try:
        while len(sample) < SAMPLE_BYTES and (piece := stream.read1(SAMPLE_BYTES)):
            sample += piece
    except (OSError, EOFError):
        if not sample:
            raise
    return sample


def _written_as(text: str) -> str:
    if text.startswith("<"):
        return "xml"
    if text.startswith("["):
        return "json"
    if text.startswith("{"):
        first, _, more = text.partition("\n")
        try:
            json.loads(first)
        except ValueError:
            return "jsonl" if more.lstrip().startswith("{") else "json"
        return "jsonl" if more.strip() or not _is_wrapper(first) else "json"
    head = text.split("\n", 1)[0]
    if "\x00" in text or not any(mark in head for mark in ",\t;|"):
        raise FeedError("The file is neither JSON, CSV, TSV, XML nor Parquet.")
    return "csv"


def _is_wrapper(line: str) -> bool:
    """Whether a lone JSON object holds records rather than being one."""
    return any(isinstance(value, list | dict) for value in json.loads(line).values()) and not (
        {"id", "title", "name"} & json.loads(line).keys()
    )


def _delimiter(text: str) -> str:
    """The mark that occurs most in the header line, outside quotes."""
    head = text.split("\n", 1)[0]
    unquoted = "".join(head.split('"')[::2])
    counted = unquoted if any(mark in unquoted for mark in ",\t;|") else head
    return max(",\t;|", key=counted.count)
