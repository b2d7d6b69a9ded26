"""Imports a feed into the catalogue: streamed, in batches, with a report by row."""

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from retrieval.catalog.builder import ProductBuilder
from retrieval.catalog.feed import WRITTEN_AS, Feed, open_feed
from retrieval.catalog.lift import Lifter
from retrieval.catalog.mapping import Mapping, best_mapping, packaged_mappings
from retrieval.catalog.product import Product
from retrieval.catalog.readers import Record
from retrieval.catalog.report import ImportReport, RowError, readable
from retrieval.catalog.seen import SeenIds
from retrieval.catalog.variants import VARIANTS, NumberedRecord
from retrieval.errors import FeedError, RowRejectedError
from retrieval.store import CatalogStore
from retrieval.store.bulk import chunks

logger = logging.getLogger(__name__)

BATCH = 500
OPEN_GROUPS = 1000
"""Rows of one product may be this many products apart; further apart they count as duplicates."""
SAMPLE = 50
"""Records whose columns decide which mapping fits."""

FORMATS = (
    "auto",
    "jsonl",
    "json",
    "csv",
    "tsv",
    "parquet",
    "shopify",
    "google-merchant",
    "livostyle",
)
_VARIATIONS = {"shopify": ("shopify", "shopify-json")}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. ``format`` is one of ``FORMATS``; a mapping given overrides its columns."""

    format: str = "auto"
    mapping: Mapping | None = None
    replace: bool = False
    """Remove the products that the feed does not have, once it was read whole."""
    dry_run: bool = False
    currency: str = "USD"
    language: str | None = None


def import_catalog(
    path: Path,
    catalog: CatalogStore,
    options: ImportOptions | None = None,
    on_error: Callable[[RowError], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import the feed at ``path``; ``on_progress`` is told the rows read so far.

    Good rows are kept whatever the others are. Memory is bounded. Raises ``FeedError`` when nothing
    of the feed is usable; the catalogue is then as it was.
    """
    options = options or ImportOptions()
    run = _Import(path, catalog, options, on_error, on_progress)
    return run.run()


class _Import:
    def __init__(
        self,
        path: Path,
        catalog: CatalogStore,
        options: ImportOptions,
        on_error: Callable[[RowError], None] | None,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self._catalog = catalog
        self._options = options
        self._on_progress = on_progress or (lambda _: None)
        self._report = ImportReport(dry_run=options.dry_run, on_error=on_error)
        written_as = options.format if options.format in WRITTEN_AS else None
        key = options.mapping.records if options.mapping else None
        self._feed: Feed = open_feed(path, written_as, key)
        self._currencies: dict[str, int] = {}

    def run(self) -> ImportReport:
        report = self._report
        sample, records = _sampled(self._feed.records())
        mapping = self._mapping(sample)
        report.format = f"{self._feed.written_as}, {mapping.name}"
        report.encoding = self._feed.encoding
        builder = ProductBuilder(
            mapping,
            Lifter(),
            warn=self._warn,
            reject=self._reject,
            currency=self._options.currency,
            language=self._options.language,
        )
        with SeenIds() as seen:
            products = self._products(builder, records, seen)
            for batch in chunks(products, BATCH):
                self._store(batch)
                self._on_progress(report.read)
            if not report.imported:
                raise FeedError(self._nothing_usable())
            if self._options.replace and report.complete and not self._options.dry_run:
                report.removed = self._catalog.remove_missing(seen)
        if not self._options.dry_run:
            self._describe()
        self._on_progress(report.read)
        return report

    def _mapping(self, sample: list[Record]) -> Mapping:
        if self._options.mapping:
            return self._options.mapping
        columns = list(dict.fromkeys(name for record in sample for name in record.values))
        if self._options.format not in ("auto", *WRITTEN_AS):
            names = _VARIATIONS.get(self._options.format, (self._options.format,))
            candidates = [packaged_mappings()[name] for name in names]
            return max(candidates, key=lambda mapping: mapping.fits(columns))
        found = best_mapping(columns)
        if found is None:
            shown = ", ".join(columns[:20]) or "none"
            raise FeedError(
                f"No columns for an id and a title were recognised (columns: {shown}). "
                "Name them in a mapping file."
            )
        return found

    def _products(
        self, builder: ProductBuilder, records: Iterator[Record], seen: SeenIds
    ) -> Iterator[Product]:
        for group in self._groups(builder, records):
            first = group[0]
            try:
                product = builder.build(group)
            except RowRejectedError as error:
                key = builder.product_id(first.values)
                for record in group:
                    self._reject(record.number, key, error)
                continue
            before = seen.add(product.id, first.number, _digest(group))
            if before is None:
                self._currencies[product.currency] = self._currencies.get(product.currency, 0) + 1
                yield product
                continue
            row, is_same = before
            if is_same:
                self._warn("row: left out, since it repeats another one exactly")
                continue
            duplicate = RowRejectedError("id", f"is a duplicate of row {row}", product.id)
            for record in group:
                self._reject(record.number, product.id, duplicate)

    def _groups(
        self, builder: ProductBuilder, records: Iterator[Record]
    ) -> Iterator[list[NumberedRecord]]:
        """Records that belong together, in the order of the first of each."""
        waiting: OrderedDict[str, list[NumberedRecord]] = OrderedDict()
        for record in self._read(builder, records):
            key = builder.group_key(record.values)
            if key is None:
                yield [record]
                continue
            waiting.setdefault(key, []).append(record)
            if len(waiting[key]) >= VARIANTS:
                yield waiting.pop(key)
            if len(waiting) > OPEN_GROUPS:
                yield waiting.popitem(last=False)[1]
        yield from waiting.values()

    def _read(self, builder: ProductBuilder, records: Iterator[Record]) -> Iterator[NumberedRecord]:
        known_columns: set[str] = set()
        report = self._report
        for record in readable(records, report):
            for column in record.values.keys() - known_columns:
                known_columns.add(column)
                if column and not builder.is_used(column):
                    report.ignored_columns.append(column)
            yield NumberedRecord(report.read, record.values)

    def _store(self, batch: list[Product]) -> None:
        store = self._catalog
        write = store.preview_many if self._options.dry_run else store.upsert_many
        counts = write(batch)
        self._report.created += counts.created
        self._report.updated += counts.updated
        self._report.unchanged += counts.unchanged

    def _describe(self) -> None:
        """Note the catalogue's currency, and that it is a real one."""
        state = self._catalog.state()
        if state.is_demo and not self._options.replace:
            self._warn("store: the demo store's products are still there; --replace removes them")
        currency = max(self._currencies, key=lambda code: self._currencies[code])
        if state.is_demo or state.currency != currency:
            self._catalog.describe(currency=currency, is_demo=False)

    def _warn(self, what: str) -> None:
        self._report.warnings[what] += 1

    def _reject(self, row: int, key: str | None, error: RowRejectedError) -> None:
        self._report.reject(row, key, error.field, error.reason, error.value)

    def _nothing_usable(self) -> str:
        report = self._report
        if not report.errors:
            return "The feed has no products."
        first = report.errors[0]
        return (
            f"None of the {report.read:,} rows is usable. "
            f"Row {first.row}: {first.field} {first.reason} ({first.value})."
        )


def _sampled(records: Iterator[Record]) -> tuple[list[Record], Iterator[Record]]:
    """The first records, and all of them; what breaks off early still gives those before."""
    sample: list[Record] = []
    failure: FeedError | None = None
    try:
        for record in islice(records, SAMPLE):
            sample.append(record)
    except FeedError as error:
        failure = error
    if not sample:
        raise failure or FeedError("The feed has no rows.")

    def everything() -> Iterator[Record]:
        yield from sample
        if failure:
            raise failure
        yield from records

    return sample, everything()


def _digest(group: list[NumberedRecord]) -> bytes:
    content = json.dumps([record.values for record in group], default=str, sort_keys=True)
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
