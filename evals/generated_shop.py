"""A shop of any size made of real titles, written straight into SQL and an index."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product, Variant
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.columns_builder import ColumnsBuilder
from retrieval.index.document import embedding_hash, embedding_text, lexical_document, surface_words
from retrieval.index.generation import Content, packed_hashes
from retrieval.index.lexical_builder import LexicalBuilder
from retrieval.index.matrix import MatrixWriter
from retrieval.store.base import Base, connect, session_factory
from retrieval.store.bulk import chunks
from retrieval.store.catalog_rows import document_of, product_row, text_hash, variant_rows
from retrieval.store.tables import (
    CatalogStateRow,
    IndexGenerationRow,
    ProductRow,
    VariantRow,
)

GENERATION = "index-generated"
COLORS = ("black", "white", "navy", "red", "olive", "gray", "brown", "silver")
SIZES = ("S", "M", "L")
_SAMPLE = 200
_WRITTEN = 5_000


class GeneratedShop:
    """``size`` products. The first of them are the titles as they are; the others are varied.

    A varied title keeps its words but one, which comes from another title, as does a model number.
    Its vector is the title's moved towards the other title's, as far as the encoder moves it for
    such a change on average; a sample of 200 varied titles is encoded to find that out.
    """

    def __init__(
        self, titles: Sequence[str], vectors: Vectors, size: int, encoder: Encoder, seed: int = 0
    ) -> None:
        self._titles = titles
        self._vectors = vectors
        self._encoder = encoder
        self.size = size
        drawn = np.random.default_rng(seed)
        self._base = np.concatenate(
            [drawn.permutation(len(titles)) for _ in range(1 + size // len(titles))]
        )[:size]
        self._other = drawn.integers(len(titles), size=size)
        self._price = np.round(np.exp(drawn.normal(3.5, 1.0, size)), 2) + 0.99
        self._brand = drawn.zipf(1.4, size) % 300
        self._color = drawn.integers(len(COLORS), size=size)
        self._stocked = drawn.random(size) < 0.9
        self._rating = np.round(drawn.uniform(2, 5, size), 1)
        self._reviews = drawn.zipf(1.6, size) % 2000
        self._drawn = drawn
        self.kept = self._measured_share()

    def title(self, number: int) -> str:
        title = str(self._titles[self._base[number]])
        if number < len(self._titles):
            return title
        words, other = title.split(), self._titles[self._other[number]].split()
        words[number % len(words)] = other[number % len(other)]
        return " ".join([*words, f"M{number % 9973}"])

    def vector_rows(self, start: int, end: int) -> Vectors:
        """Unit vectors of some products; shape (end - start, d)."""
        rows = np.arange(start, end)
        found: Vectors = self._vectors[self._base[rows]].copy()
        varied = rows >= len(self._titles)
        other = self._vectors[self._other[rows[varied]]]
        found[varied] = _moved(found[varied], other, self.kept)
        return found

    def product(self, number: int) -> Product:
        leaf = int(self._base[number]) % 60
        price, color = float(self._price[number]), COLORS[self._color[number]]
        sizes: Sequence[str | None] = SIZES if number % 5 == 0 else (None,)
        return Product(
            id=f"p{number:07d}",
            title=self.title(number),
            category_path=[f"Department {leaf % 12}", f"Group {leaf}"],
            brand=f"Brand {self._brand[number]}",
            attributes={"color": [color]},
            rating=float(self._rating[number]),
            review_count=int(self._reviews[number]),
            variants=[
                Variant(
                    sku=f"s{number:07d}{size or ''}",
                    price=price,
                    in_stock=bool(self._stocked[number]),
                    attributes={"size": size} if size else {},
                )
                for size in sizes
            ],
        )

    def queries(self, count: int) -> list[dict[str, Any]]:
        """Two to four words in a row of some title, under one to three filters each."""
        found = []
        for number in range(count):
            words = self._titles[int(self._drawn.integers(len(self._titles)))].split()
            length = int(self._drawn.integers(2, 5))
            start = int(self._drawn.integers(max(1, len(words) - length)))
            filters: list[dict[str, Any]] = [
                {"category": f"Group {self._drawn.integers(60)}"},
                {"category": f"Department {self._drawn.integers(12)}"},
                {"price_max": round(float(self._drawn.uniform(15, 150)), 2)},
                {"price_min": 10.0, "price_max": round(float(self._drawn.uniform(20, 90)), 2)},
                {"attributes": {"color": [COLORS[number % len(COLORS)]]}},
                {"attributes": {"brand": [f"Brand {self._drawn.integers(1, 20)}"]}},
                {"rating_min": 3.5},
            ]
            wanted: dict[str, Any] = {"query": " ".join(words[start : start + length])}
            for chosen in self._drawn.permutation(len(filters))[: 1 + number % 3]:
                wanted |= filters[chosen]
            found.append(wanted)
        return found

    def write(self, folder: Path, queries: int = 200) -> None:
        """Writes SQL, the files of a generation, the queries, and the vectors in full precision."""
        engine = connect(f"sqlite:///{folder / 'shop.db'}")
        Base.metadata.create_all(engine)
        index = folder / "index" / GENERATION
        columns, lexical, words = ColumnsBuilder(), LexicalBuilder(), dict[str, int]()
        texts, embedded = bytearray(), bytearray()
        exact = np.lib.format.open_memmap(
            folder / "vectors.npy", "w+", np.float32, (self.size, self._vectors.shape[1])
        )

        def products() -> Iterator[Product]:
            for numbers in chunks(range(self.size), _WRITTEN):
                some = [self.product(number) for number in numbers]
                rows, variants = [], []
                for product in some:
                    columns.add(product)
                    lexical.add(lexical_document(product))
                    for word in set(surface_words(product)):
                        words[word] = words.get(word, 0) + 1
                    texts.extend(bytes.fromhex(text := text_hash(product)))
                    embedded.extend(bytes.fromhex(embedding_hash(embedding_text(product))))
                    rows.append(product_row(product, document_of(product), text, 1))
                    variants += variant_rows(product)
                with session_factory(engine).begin() as session:
                    session.execute(insert(ProductRow), rows)
                    session.execute(insert(VariantRow), variants)
                yield from some

        facets = CatalogFacets.observe(products())
        with MatrixWriter(index / "matrix", self._vectors.shape[1]) as matrix:
            for start in range(0, self.size, _WRITTEN):
                vectors = self.vector_rows(start, min(start + _WRITTEN, self.size))
                exact[start : start + len(vectors)] = vectors
                matrix.append(vectors)
        exact.flush()
        columns.build().save(index / "columns")
        lexical.build().save(index / "lexical")
        hashes = packed_hashes(texts), packed_hashes(embedded)
        Content(self._encoder.fingerprint, *hashes, words).save(index)
        (folder / "queries.json").write_text(json.dumps(self.queries(queries)), encoding="utf-8")
        now = datetime.now(UTC)
        with session_factory(engine).begin() as session:
            state = {"id": 1, "revision": 1, "currency": "USD", "is_demo": False, "updated_at": now}
            session.execute(insert(CatalogStateRow), [state])
            generation = {
                "id": GENERATION,
                "state": "active",
                "revision": 1,
                "encoder": self._encoder.fingerprint,
                "products": self.size,
                "facets": facets.model_dump_json(),
                "info": {"seconds": time.process_time()},
                "created_at": now,
                "activated_at": now,
            }
            session.execute(insert(IndexGenerationRow), [generation])
        engine.dispose()

    def _measured_share(self) -> float:
        """How much of a title's vector a varied title keeps, so that the mean cosine is right."""
        numbers = range(len(self._titles), min(len(self._titles) + _SAMPLE, self.size))
        if not numbers:
            return 1.0
        real = self._encoder.encode([self.title(number) for number in numbers])
        rows = np.array(numbers)
        own, other = self._vectors[self._base[rows]], self._vectors[self._other[rows]]
        wanted = float((real * own).sum(axis=1).mean())
        shares = np.linspace(0.0, 1.0, 201)
        means = [float((_moved(own, other, share) * own).sum(axis=1).mean()) for share in shares]
        return float(shares[int(np.argmin(np.abs(np.array(means) - wanted)))])


def _moved(own: Vectors, other: Vectors, kept: float) -> Vectors:
    mixed = kept * own + (1 - kept) * other
    moved: Vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return moved
