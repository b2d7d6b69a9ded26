"""Builds a generation from SQL, beside the one that serves, then switches and drops the old."""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.errors import IndexLockedError
from retrieval.index.chroma_index import ChromaIndex
from retrieval.index.columns import ColumnsBuilder
from retrieval.index.document import (
    embedding_hash,
    embedding_text,
    lexical_document,
    surface_words,
)
from retrieval.index.generation import Content, Place
from retrieval.index.generation_store import Generation, GenerationStore
from retrieval.index.lexical import LexicalDocument, LexicalIndex
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore, text_hash

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with products done and products in all."""

_BATCH = 128  # a second or less of work, so that progress is seen to move


class IndexBuilder:
    """The only writer of the index. Several builders, in any process, wait for one another."""

    def __init__(
        self, place: Place, sessions: Sessions, encoder: Encoder, patience_s: float = 600.0
    ) -> None:
        self.place = place
        self._catalog = CatalogStore(sessions)
        self._generations = GenerationStore(sessions)
        self._encoder = encoder
        self._patience_s = patience_s

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self._encoder.fingerprint

    def build(self, progress: Progress | None = None, newer_than: int = -1) -> Generation:
        """Builds, switches, drops what is no longer needed, and returns the active generation.

        Args:
            newer_than: build nothing when another writer has meanwhile activated a generation of
                a later revision than this one.

        Raises:
            IndexLockedError: another writer held the index for longer than ``patience_s``.
        """
        with self._writing():
            active = self._generations.active()
            if active is not None and self._is_enough(active, newer_than):
                return active
            self._clean(active)
            generation = f"index-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
            revision = self._catalog.revision()
            self._generations.begin(generation, revision, self._encoder.fingerprint)
            work = _Work(self.place.of(generation), self._catalog.count(), progress)
            with self.place.vectors(generation) as vectors:
                products = self._indexed(work, vectors, self._known_vectors(active))
                facets = CatalogFacets.observe(products)
            work.save(self.fingerprint)
            info = {"embedded": work.done - work.reused, "reused": work.reused}
            self._generations.activate(generation, work.done, facets.model_dump_json(), info)
            built = self._generations.active()
            assert built is not None
            self._clean(built)
        logger.info("index generation %s is active: %s", generation, info)
        return built

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.place.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.place.folder / "writer.lock", timeout=self._patience_s)
        try:
            lock.acquire()
        except Timeout as error:
            raise IndexLockedError("Another process is writing the index.") from error
        try:
            yield
        finally:
            lock.release()

    def _is_enough(self, active: Generation, newer_than: int) -> bool:
        return -1 < newer_than < active.revision and active.encoder == self.fingerprint

    def _clean(self, active: Generation | None) -> None:
        """Drops all generations but the active one: retired, killed half-way, unknown to SQL."""
        inactive = set(self._generations.inactive()) | set(self.place.present())
        for generation in inactive - {active.id if active else ""}:
            self.place.drop(generation)
            self._generations.forget(generation)

    def _indexed(
        self, work: "_Work", vectors: ChromaIndex, known: dict[str, Vectors]
    ) -> Iterator[Product]:
        """Indexes the whole catalogue and hands each product on."""
        for products in _batches(self._catalog.scan(), _BATCH):
            texts = [embedding_text(product) for product in products]
            hashes = [embedding_hash(text) for text in texts]
            fresh = [row for row, text_key in enumerate(hashes) if text_key not in known]
            matrix = np.empty((len(products), self._encoder.dimension), dtype=np.float32)
            if fresh:
                matrix[fresh] = self._encoder.encode([texts[row] for row in fresh])
            for row, text_key in enumerate(hashes):
                if text_key in known:
                    matrix[row] = known[text_key]
            vectors.upsert([product.id for product in products], matrix)
            work.add(products, hashes, reused=len(products) - len(fresh))
            yield from products

    def _known_vectors(self, active: Generation | None) -> dict[str, Vectors]:
        """Vectors of the active generation by the hash of their text, if this encoder made them."""
        if active is None or active.encoder != self._encoder.fingerprint:
            return {}
        try:
            embedded = Content.load(self.place.of(active.id)).embedded
        except (OSError, ValueError, TypeError):
            logger.warning("the active index %s is damaged; everything is embedded anew", active.id)
            return {}
        with self.place.vectors(active.id) as vectors:
            return {
                embedded[identifier]: vector
                for ids, rows in vectors.scan()
                for identifier, vector in zip(ids, rows, strict=True)
                if identifier in embedded
            }


class _Work:
    """What grows in memory while the catalogue is read once."""

    def __init__(self, folder: Path, total: int, progress: Progress | None) -> None:
        self._folder = folder
        self._total = total
        self._progress = progress
        self._columns = ColumnsBuilder()
        self._documents: list[LexicalDocument] = []
        self._words: Counter[str] = Counter()
        self._text_hashes: dict[str, str] = {}
        self._embedded: dict[str, str] = {}
        self.reused = 0

    @property
    def done(self) -> int:
        return len(self._documents)

    def add(self, products: Sequence[Product], hashes: Sequence[str], reused: int) -> None:
        for product, text_key in zip(products, hashes, strict=True):
            self._columns.add(product)
            self._documents.append(lexical_document(product))
            self._words.update(set(surface_words(product)))
            self._text_hashes[product.id] = text_hash(product)
            self._embedded[product.id] = text_key
        self.reused += reused
        if self._progress is not None:
            self._progress(self.done, self._total)

    def save(self, fingerprint: str) -> None:
        self._columns.build().save(self._folder / "columns")
        LexicalIndex.build(self._documents).save(self._folder / "lexical")
        Content(fingerprint, self._text_hashes, self._embedded, self._words).save(self._folder)


def _batches(products: Iterator[Product], size: int) -> Iterator[list[Product]]:
    batch: list[Product] = []
    for product in products:
        batch.append(product)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
