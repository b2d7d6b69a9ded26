"""Does the index hold what SQL says?"""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field, fields

import numpy as np

from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Vectors
from retrieval.errors import IndexNotReadyError
from retrieval.index.chroma_index import ChromaIndex
from retrieval.index.columns import Columns
from retrieval.index.columns_builder import ColumnsBuilder
from retrieval.index.document import embedding_hash, embedding_text
from retrieval.index.generation import Place, open_files
from retrieval.index.generation_store import Generation, GenerationStore
from retrieval.index.known import SAME
from retrieval.store.base import Sessions
from retrieval.store.bulk import chunks
from retrieval.store.catalog_rows import text_hash
from retrieval.store.catalog_store import CatalogStore

ROUNDED = 0.006
"""A scan in int8 rounds the vector and the query, each by up to 0.002 of their cosine, and once
more with a margin; vectors of other texts differ by far more."""


@dataclass(frozen=True, slots=True)
class IndexDifferences:
    """Product ids by what is wrong with them, each list sorted."""

    missing: list[str] = field(default_factory=list)
    """In the catalogue, not in the index (or without a vector there)."""
    stale: list[str] = field(default_factory=list)
    """Indexed with texts, or by an encoder, that are no longer the present ones."""
    extra: list[str] = field(default_factory=list)
    """In the index, no longer in the catalogue."""
    vectors: list[str] = field(default_factory=list)
    """With a vector that is not that of its text, or that is searched otherwise than stored."""
    facets: list[str] = field(default_factory=list)
    """Filtered by other values, categories, ratings, prices or stock than SQL has."""

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def check_index(place: Place, sessions: Sessions, fingerprint: str) -> IndexDifferences:
    """Compares the whole of SQL with the active generation, product by product.

    Prices, stock and ratings are compared for what has not changed since the generation was built:
    newer ones are applied by every process that serves.

    Raises ``IndexNotReadyError`` where the files of the index cannot be read.
    """
    catalog = CatalogStore(sessions)
    active = GenerationStore(sessions).active()
    if active is None:
        return IndexDifferences(missing=[product.id for product in catalog.scan()])
    return _Check(place, catalog, active, fingerprint).run()


class _Check:
    def __init__(
        self, place: Place, catalog: CatalogStore, active: Generation, fingerprint: str
    ) -> None:
        self._place = place
        self._catalog = catalog
        self._active = active
        self._fingerprint = fingerprint
        self._found: dict[str, set[str]] = {kind.name: set() for kind in fields(IndexDifferences)}
        self._expected = ColumnsBuilder()
        try:
            self._columns, _, self._content, self._matrix = open_files(place.of(active.id))
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"The index generation {active.id} cannot be read."
            raise IndexNotReadyError(message) from error

    def run(self) -> IndexDifferences:
        found = self._found
        with self._place.vectors(self._active.id) as vectors:
            for products in chunks(self._catalog.scan()):
                self._compare(products, vectors)
            indexed = {key for ids, _ in vectors.scan() for key in ids} | set(self._columns.ids)
        expected = self._expected.build()
        present = set(expected.ids)
        found["extra"] = indexed - present
        newer = {change.id for change in self._catalog.changed_since(self._active.revision)}
        others = set(differing(self._columns, expected, newer))
        found["facets"] = others - found["missing"] - found["stale"] - found["extra"]
        return IndexDifferences(**{kind: sorted(ids) for kind, ids in found.items()})

    def _compare(self, products: list[Product], vectors: ChromaIndex) -> None:
        ids = [product.id for product in products]
        hashes = [embedding_hash(embedding_text(product)) for product in products]
        stored = vectors.stored(ids, hashes)
        held = vectors.held(ids)
        for product, text_key in zip(products, hashes, strict=True):
            self._expected.add(product)
            row = self._columns.row(product.id)
            if row is None or product.id not in held:
                self._found["missing"].add(product.id)
            elif self._is_stale(row, product, text_key):
                self._found["stale"].add(product.id)
            elif product.id not in stored or not self._is_same(row, stored[product.id]):
                self._found["vectors"].add(product.id)

    def _is_stale(self, row: int, product: Product, text_key: str) -> bool:
        return (
            self._content.encoder != self._fingerprint
            or self._content.text_hash(row) != text_hash(product)
            or self._content.embedding_hash(row) != text_key
        )

    def _is_same(self, row: int, stored: Vectors) -> bool:
        rows = np.array([row], dtype=np.int64)
        exact, scanned = self._matrix.exact(stored, rows), self._matrix.scan_rows(stored, rows)
        return bool(exact[0] > SAME and scanned[0] > SAME - ROUNDED)


def differing(held: Columns, expected: Columns, newer: Collection[str]) -> Iterator[str]:
    """Ids of the products in both that ``held`` filters otherwise than ``expected``.

    Those of ``newer`` may have other prices, stock and ratings.
    """
    ids = list(expected.ids)
    rows = np.array([-1 if (row := held.row(key)) is None else row for key in ids], np.int64)
    variants = np.full(len(expected.skus), -1, dtype=np.int64)
    for here, there in enumerate(rows):
        if there >= 0:
            if _differ(held, int(there), expected, here, ids[here] in newer):
                yield ids[here]
            places = {held.skus[variant]: variant for variant in held.variants(int(there))}
            for variant in expected.variants(here):
                variants[variant] = places.get(expected.skus[variant], -1)
    for name, places_of in (("attributes", variants), ("categories", rows), ("titles", rows)):
        one, other = getattr(held, name), getattr(expected, name)
        for key in {*one, *other}:
            meant = places_of[other.rows(key)]
            wrong = np.setxor1d(one.rows(key), meant[meant >= 0])
            owners = held.product[wrong] if name == "attributes" else wrong
            yield from (held.ids[int(owner)] for owner in owners)


def _differ(held: Columns, there: int, expected: Columns, here: int, is_newer: bool) -> bool:
    """Whether the figures of one product differ."""
    if not held.alive[there] or not _equal(held.created[there], expected.created[here]):
        return True
    selling = [
        {
            columns.skus[v]: None if is_newer else (columns.price[v], columns.in_stock[v])
            for v in columns.variants(row)
        }
        for columns, row in ((held, there), (expected, here))
    ]
    same_rating = (
        _equal(held.rating[there], expected.rating[here])
        and held.reviews[there] == expected.reviews[here]
    )
    return selling[0] != selling[1] or not (same_rating or is_newer)


def _equal(one: float, other: float) -> bool:
    return bool(one == other or (np.isnan(one) and np.isnan(other)))
