"""What became of a feed: counts, and which rows were rejected for which reason."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from retrieval.catalog.readers import Record
from retrieval.errors import FeedError

ERRORS_KEPT = 1000
EXCERPT_LENGTH = 80


@dataclass(frozen=True, slots=True)
class RowError:
    """One rejected row; ``row`` counts the feed's records from 1, header lines left out."""

    row: int
    id: str | None
    field: str
    reason: str
    value: str
    """The beginning of the offending cell."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class ImportReport:
    """Counts are of products, except ``read`` and ``rejected``, which count the feed's rows."""

    format: str = ""
    encoding: str = ""
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    """The first ``ERRORS_KEPT`` of them; ``on_error`` gets all."""
    warnings: Counter[str] = field(default_factory=Counter)
    """What was mended or left out, and how often."""
    ignored_columns: list[str] = field(default_factory=list)
    complete: bool = True
    """False when the feed broke off before its end."""
    dry_run: bool = False
    on_error: Callable[[RowError], None] | None = None

    @property
    def imported(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def exit_code(self) -> int:
        """0: all rows good; 3: some rejected; 2: nothing usable."""
        if not self.imported:
            return 2
        return 3 if self.rejected or not self.complete else 0

    def reject(self, row: int, key: str | None, name: str, reason: str, value: object) -> None:
        error = RowError(row, key, name, reason, excerpt(value))
        self.rejected += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append(error)
        if self.on_error:
            self.on_error(error)

    def as_dict(self) -> dict[str, Any]:
        names = ("format", "encoding", "read", "created", "updated", "unchanged", "removed")
        return {
            **{name: getattr(self, name) for name in names},
            "rejected": self.rejected,
            "complete": self.complete,
            "dry_run": self.dry_run,
            "exit_code": self.exit_code,
            "ignored_columns": self.ignored_columns,
            "warnings": dict(self.warnings),
            "errors": [error.as_dict() for error in self.errors],
        }


def excerpt(value: object) -> str:
    """The beginning of a value, on one line, printable."""
    text = "" if value is None else str(value)[: EXCERPT_LENGTH * 4]
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= EXCERPT_LENGTH else f"{text[: EXCERPT_LENGTH - 1]}…"


def readable(records: Iterator[Record], report: ImportReport) -> Iterator[Record]:
    """The records that could be read, counted; the others are rejected in ``report``.

    A feed that breaks off is reported as incomplete. Raises ``FeedError`` where it does so before
    its first record.
    """
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except FeedError as error:
            if not report.read:
                raise
            report.complete = False
            report.reject(report.read + 1, None, "row", str(error), None)
            return
        report.read += 1
        if record.problem:
            report.reject(report.read, None, "row", record.problem, record.excerpt)
        else:
            yield record
