"""Imports a feed of reviews: the readers, cells and report of the catalogue's import."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from retrieval.catalog import cells
from retrieval.catalog.feed import open_feed
from retrieval.catalog.fields import FieldReader
from retrieval.catalog.mapping import FieldRule, Rule, RuleBase
from retrieval.catalog.readers import Record
from retrieval.catalog.report import ImportReport, RowError, readable
from retrieval.catalog.row import Row, Values
from retrieval.catalog.seen import SeenIds
from retrieval.catalog.stars import as_stars
from retrieval.errors import FeedError, MappingError, RowRejectedError
from retrieval.language import detect
from retrieval.reviews.review import Review
from retrieval.store import ReviewStore
from retrieval.store.bulk import chunks

BATCH = 1000
TITLE_LENGTH = 500
TEXT_LENGTH = 10_000


class ReviewMapping(RuleBase):
    """Which column is which field of a review. ``product_id`` and ``rating`` are needed."""

    name: str = "reviews"
    records: str | None = None
    id: Rule = FieldRule()
    """Without one, an id is made of all that the row says."""
    product_id: Rule
    customer_id: Rule = FieldRule()
    rating: Rule
    """One to five stars, see ``as_stars``; ``scale`` and ``values`` translate other systems."""
    title: Rule = FieldRule()
    text: Rule = FieldRule()
    language: Rule = FieldRule()
    at: Rule = FieldRule()
    """Without one, the date of the file counts."""


def parse_review_mapping(text: str) -> ReviewMapping:
    """A mapping from YAML text. Raises ``MappingError``."""
    try:
        return ReviewMapping.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise MappingError(f"The mapping of reviews is not valid: {error}") from error


@lru_cache(maxsize=1)
def packaged_review_mapping() -> ReviewMapping:
    text = files(__package__).joinpath("data", "reviews.yaml").read_text(encoding="utf-8")
    return parse_review_mapping(text)


def import_reviews(
    path: Path,
    reviews: ReviewStore,
    mapping: ReviewMapping | None = None,
    on_error: Callable[[RowError], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Import the reviews at ``path``; those of products that are not there (yet) are kept too.

    Importing again changes nothing; ``dry_run`` only counts. Raises ``FeedError`` when not one row
    is usable.
    """
    mapping = mapping or packaged_review_mapping()
    feed = open_feed(path, records_key=mapping.records)
    report = ImportReport(
        format=f"{feed.written_as}, {mapping.name}",
        encoding=feed.encoding,
        dry_run=dry_run,
        on_error=on_error,
    )
    file_date = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    reader = _ReviewReader(mapping, report, file_date)
    with SeenIds() as seen:
        for read in chunks(_reviews(feed.records(), reader, seen), BATCH):
            batch = _dated(read, reader.undated, reviews)
            counts = reviews.preview_many(batch) if dry_run else reviews.upsert_many(batch)
            report.created += counts.created
            report.updated += counts.updated
            report.unchanged += counts.unchanged
            if on_progress:
                on_progress(report.read)
    if not report.imported:
        first = (
            f" Row 1: {report.errors[0].field} {report.errors[0].reason}." if report.errors else ""
        )
        raise FeedError(f"None of the {report.read:,} rows is a usable review.{first}")
    return report


AHEAD = timedelta(days=1)
"""Clocks and time zones differ by no more."""


class _ReviewReader:
    def __init__(self, mapping: ReviewMapping, report: ImportReport, file_date: datetime) -> None:
        self.undated: set[str] = set()
        """Ids of reviews read that give no date."""
        self._mapping = mapping
        self.report = report
        self._file_date = file_date
        self._fields = FieldReader(self.warn)

    def warn(self, what: str) -> None:
        self.report.warnings[what] += 1

    def read(self, values: Values) -> Review:
        """Raises ``RowRejectedError``."""
        mapping, reader, row = self._mapping, self._fields, Row(values)
        product = reader.identifier(row, mapping.product_id, "product_id")
        if product is None:
            raise RowRejectedError("product_id", "is missing or empty")
        stars = row.read(mapping.rating)
        if stars is None:
            raise RowRejectedError("rating", "is missing")
        rating = as_stars(stars, mapping.rating.scale)
        text = row.read(mapping.text)
        if isinstance(text, (dict, list)):
            raise RowRejectedError("text", "is not a text", text)
        prose = "" if text is None else cells.as_prose(text)
        if len(prose) > TEXT_LENGTH:
            self.warn(f"text: cut to its first {TEXT_LENGTH:,} characters")
            prose = prose[:TEXT_LENGTH]
        title = reader.text(row, mapping.title, "title", TITLE_LENGTH) or ""
        customer = reader.identifier(row, mapping.customer_id, "customer_id")
        moment = reader.optional(row, mapping.at, "at", cells.as_moment)
        if moment is not None and moment > datetime.now(UTC) + AHEAD:
            self.warn("at: lies in the future; the date of the file is taken")
            moment = None
        made = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode())
        found = detect(f"{title} {prose[:200]}")
        key = reader.identifier(row, mapping.id, "id") or made.hexdigest()[:24]
        if moment is None:
            self.undated.add(key)
        return Review(
            id=key,
            product_id=product,
            customer_id=customer,
            rating=rating,
            title=title,
            text=prose,
            language=reader.text(row, mapping.language, "language", 20)
            or found.other
            or found.spoken,
            at=moment or self._file_date,
        )


def _dated(batch: list[Review], undated: set[str], reviews: ReviewStore) -> list[Review]:
    """Reviews that give no date keep the one they were stored with, so that the same feed written
    anew changes nothing."""
    asked = [review.id for review in batch if review.id in undated]
    known = reviews.get_many(asked) if asked else {}
    undated.clear()
    return [
        review.model_copy(update={"at": known[review.id].at}) if review.id in known else review
        for review in batch
    ]


def _reviews(records: Iterator[Record], reader: _ReviewReader, seen: SeenIds) -> Iterator[Review]:
    report = reader.report
    for record in readable(records, report):
        try:
            review = reader.read(record.values)
        except RowRejectedError as error:
            report.reject(report.read, None, error.field, error.reason, error.value)
            continue
        digest = hashlib.blake2b(review.model_dump_json().encode(), digest_size=16).digest()
        before = seen.add(review.id, report.read, digest)
        if before is None:
            yield review
        elif before[1]:
            reader.warn("row: left out, since it repeats another one exactly")
        else:
            reason = f"is a duplicate of row {before[0]}"
            report.reject(report.read, review.id, "id", reason, review.id)
