"""Builds a generation from SQL, beside the one that serves, then switches and drops the old."""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.chroma_index import ChromaIndex
from retrieval.index.columns_builder import ColumnsBuilder
from retrieval.index.document import (
    embedding_hash,
    embedding_text,
    lexical_document,
    surface_words,
)
from retrieval.index.generation import Content, Place, packed_hashes
from retrieval.index.generation_store import Generation, GenerationStore
from retrieval.index.known import KnownVectors
from retrieval.index.lexical_builder import LexicalBuilder
from retrieval.index.matrix import MatrixWriter
from retrieval.index.writer_lock import writer_lock
from retrieval.store.base import Sessions
from retrieval.store.catalog_rows import text_hash
from retrieval.store.catalog_store import CatalogStore

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with products done and products in all."""

_BATCH = 128  # a second or less of work, so that progress is seen to move
_AHEAD = 4  # batches that are read from SQL while the encoder is busy with an earlier one
_REMEMBERED = 20_000  # texts whose vectors are used again within one build


class IndexBuilder:
    """The only writer of the index. Several builders, in any process, wait for one another."""

    def __init__(
        self, place: Place, sessions: Sessions, encoder: Encoder, patience_s: float = 600.0
    ) -> None:
        self.place = place
        self.encoder = encoder
        self._sessions = sessions
        self._catalog = CatalogStore(sessions)
        self._generations = GenerationStore(sessions)
        self._patience_s = patience_s

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self.encoder.fingerprint

    def build(self, progress: Progress | None = None, newer_than: int = -1) -> Generation:
        """Builds, switches, drops what is no longer needed, and returns the active generation.

        Args:
            newer_than: build nothing when another writer has meanwhile activated a generation of
                a later revision than this one.

        Raises:
            IndexLockedError: another writer held the index for longer than ``patience_s``.
        """
        begun = time.monotonic()
        with writer_lock(self.place.folder, self._sessions, self._patience_s):
            active = self._generations.active()
            if active is not None and self._is_enough(active, newer_than):
                return active
            self._clean(active)
            generation = f"index-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
            revision = self._catalog.revision()
            self._generations.begin(generation, revision, self.fingerprint)
            with ExitStack() as opened:
                target = opened.enter_context(self.place.vectors(generation))
                known = None
                if active is not None and active.encoder == self.fingerprint:
                    known = opened.enter_context(self._known(active))
                work = self._index(self.place.of(generation), known, target, progress)
            info = {
                "embedded": work.done - work.reused,
                "reused": work.reused,
                "seconds": round(time.monotonic() - begun, 1),
            }
            facets = work.facets.model_dump_json()
            self._generations.activate(generation, work.done, facets, info)
            built = self._generations.active()
            assert built is not None
            self._clean(built)
        logger.info("index generation %s is active: %s", generation, info)
        return built

    def derive(self, active: Generation) -> None:
        """Makes this machine's files of a generation whose vectors Chroma has, and SQL its texts.

        For a generation that another machine built, or whose files were damaged here.
        """
        with writer_lock(self.place.folder, self._sessions, self._patience_s):
            if self._generations.active_id() != active.id or self.place.is_whole(active.id):
                return  # while waiting for the lock, another process did it
            partial = self.place.of(f"{active.id}.partial")
            with self._known(active) as known:
                self._index(partial, known, None, None)
            self.place.replace(active.id, partial)
        logger.info("derived the files of index generation %s", active.id)

    def _known(self, active: Generation) -> KnownVectors:
        return KnownVectors(self.place.vectors(active.id), self.place.of(active.id))

    def _is_enough(self, active: Generation, newer_than: int) -> bool:
        return -1 < newer_than < active.revision and active.encoder == self.fingerprint

    def _clean(self, active: Generation | None) -> None:
        """Drops all generations but the active one: retired, killed half-way, unknown to SQL."""
        inactive = set(self._generations.inactive()) | set(self.place.present())
        for generation in inactive - {active.id if active else ""}:
            self.place.drop(generation)
            self._generations.forget(generation)

    def _index(
        self,
        folder: Path,
        known: KnownVectors | None,
        target: ChromaIndex | None,
        progress: Progress | None,
    ) -> "_Work":
        """Indexes the whole catalogue into ``folder`` and its vectors into ``target``.

        Vectors that ``known`` has are taken from there.
        """
        work = _Work(folder, self.encoder, known, target, self._catalog.count(), progress)
        with work, ThreadPoolExecutor(1, thread_name_prefix="index-encode") as encoding:
            work.facets = CatalogFacets.observe(self._read(work, encoding))
        work.save()
        return work

    def _read(self, work: "_Work", encoding: ThreadPoolExecutor) -> Iterator[Product]:
        """Hands every product on, after it was put to work; the encoder works at the same time."""
        waiting: list[tuple[Sequence[Product], list[str], Future[tuple[Vectors, int]]]] = []
        for products in _batches(self._catalog.scan(), _BATCH):
            texts = [embedding_text(product) for product in products]
            hashes = [embedding_hash(text) for text in texts]
            ids = [product.id for product in products]
            waiting.append((products, hashes, encoding.submit(work.embed, ids, texts, hashes)))
            work.add(products, hashes)
            yield from products
            if len(waiting) > _AHEAD:
                work.put(*waiting.pop(0))
        for batch in waiting:
            work.put(*batch)


class _Work:
    """What grows while the catalogue is read once."""

    facets: CatalogFacets

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        known: KnownVectors | None,
        target: ChromaIndex | None,
        total: int,
        progress: Progress | None,
    ) -> None:
        self._folder = folder
        self._encoder = encoder
        self._known = known
        self._target = target
        self._total = total
        self._progress = progress
        self._matrix = MatrixWriter(folder / "matrix", encoder.dimension)
        self._columns = ColumnsBuilder()
        self._lexical = LexicalBuilder()
        self._words: Counter[str] = Counter()
        self._texts = bytearray()
        self._embedded = bytearray()
        self._remembered: dict[str, Vectors] = {}
        self.done = 0
        self.reused = 0

    def embed(
        self, ids: Sequence[str], texts: Sequence[str], hashes: Sequence[str]
    ) -> tuple[Vectors, int]:
        """Vectors of some products, and how many of them did not have to be computed."""
        found = self._known.of(ids, hashes) if self._known is not None else {}
        vectors = {
            text_key: self._remembered[text_key]
            for text_key in hashes
            if text_key in self._remembered
        }
        keys = dict(zip(ids, hashes, strict=True))
        vectors.update((keys[identifier], vector) for identifier, vector in found.items())
        fresh = {
            text_key: text
            for text_key, text in zip(hashes, texts, strict=True)
            if text_key not in vectors
        }
        if fresh:
            vectors.update(zip(fresh, self._encoder.encode(list(fresh.values())), strict=True))
        if len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
        self._remembered.update(vectors)
        return np.stack([vectors[text_key] for text_key in hashes]), len(hashes) - len(fresh)

    def add(self, products: Sequence[Product], hashes: Sequence[str]) -> None:
        """Takes in everything about products but their vectors."""
        for product, text_key in zip(products, hashes, strict=True):
            self._columns.add(product)
            self._lexical.add(lexical_document(product))
            self._words.update(set(surface_words(product)))
            self._texts += bytes.fromhex(text_hash(product))
            self._embedded += bytes.fromhex(text_key)

    def put(
        self,
        products: Sequence[Product],
        hashes: Sequence[str],
        embedding: "Future[tuple[Vectors, int]]",
    ) -> None:
        """Stores the vectors of products, in the order in which they were added."""
        vectors, reused = embedding.result()
        self._matrix.append(vectors)
        if self._target is not None:
            self._target.upsert([product.id for product in products], vectors, hashes)
        self.done += len(products)
        self.reused += reused
        if self._progress is not None:
            self._progress(self.done, self._total)

    def save(self) -> None:
        self._columns.build().save(self._folder / "columns")
        self._lexical.build().save(self._folder / "lexical")
        texts, embedded = packed_hashes(self._texts), packed_hashes(self._embedded)
        Content(self._encoder.fingerprint, texts, embedded, self._words).save(self._folder)

    def __enter__(self) -> "_Work":
        return self

    def __exit__(self, *_: object) -> None:
        self._matrix.close()


def _batches(products: Iterator[Product], size: int) -> Iterator[list[Product]]:
    batch: list[Product] = []
    for product in products:
        batch.append(product)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
