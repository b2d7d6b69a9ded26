"""A generation: one complete search index, built beside the others and never changed after.

On disk it is a folder ``<index folder>/<generation>``: ``columns/``, ``lexical/``, ``matrix/``,
``content.*`` and, without a Chroma server, ``vectors/``. With a server its vectors are a collection
of its name. All but the vectors is derived from SQL and them, and can be derived again on any
machine. Which generation is active is said by SQL alone.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.facets import CatalogFacets
from retrieval.errors import IndexNotReadyError
from retrieval.index.chroma_index import (
    ChromaIndex,
    close_client,
    embedded_client,
    server_client,
)
from retrieval.index.columns import Columns
from retrieval.index.cosines import ChromaCosines, Cosines
from retrieval.index.generation_store import Generation
from retrieval.index.lexical import LexicalIndex
from retrieval.index.matrix import VectorMatrix
from retrieval.index.names import mapped

_COLLECTION = "products"


@dataclass(frozen=True, slots=True)
class Content:
    """What a generation holds, by product row, and the words its texts are written in."""

    encoder: str
    texts: NDArray[np.uint8]
    """``products.text_hash`` at the build, shape (products, 32)."""
    embedded: NDArray[np.uint8]
    """Hash of the text that was embedded, shape (products, 32)."""
    words: Mapping[str, int]
    """Folded Latin words of titles, brands and values with how many products have them."""

    def text_hash(self, row: int) -> str:
        return bytes(self.texts[row]).hex()

    def embedding_hash(self, row: int) -> str:
        return bytes(self.embedded[row]).hex()

    def save(self, folder: Path) -> None:
        content = {"encoder": self.encoder, "words": dict(self.words)}
        text = json.dumps(content, ensure_ascii=False)
        (folder / "content.json").write_text(text, encoding="utf-8")
        np.save(folder / "content.texts.npy", self.texts)
        np.save(folder / "content.embedded.npy", self.embedded)

    @classmethod
    def load(cls, folder: Path) -> "Content":
        content = json.loads((folder / "content.json").read_text(encoding="utf-8"))
        texts = mapped(folder / "content.texts.npy")
        return cls(texts=texts, embedded=mapped(folder / "content.embedded.npy"), **content)


def packed_hashes(hashes: bytes | bytearray) -> NDArray[np.uint8]:
    """SHA-256 hashes, one after the other, as an array of shape (hashes, 32)."""
    return np.frombuffer(bytes(hashes), dtype=np.uint8).reshape(-1, 32)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the generations are kept."""

    folder: Path
    chroma_url: str | None = None

    def of(self, generation: str) -> Path:
        return self.folder / generation

    def vectors(self, generation: str) -> ChromaIndex:
        """Opens the vectors of a generation, empty where there are none. Close it after use."""
        if self.chroma_url:
            return ChromaIndex(server_client(self.chroma_url), generation)
        return ChromaIndex(embedded_client(self.of(generation) / "vectors"), _COLLECTION)

    def drop(self, generation: str) -> None:
        """Deletes a generation, whole or half-built."""
        if self.chroma_url:
            client = server_client(self.chroma_url)
            try:
                if generation in {collection.name for collection in client.list_collections()}:
                    client.delete_collection(generation)
            finally:
                close_client(client)
        shutil.rmtree(self.of(generation), ignore_errors=True)

    def is_whole(self, generation: str) -> bool:
        """Whether the files of a generation can be opened."""
        try:
            open_files(self.of(generation))
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True

    def replace(self, generation: str, folder: Path) -> None:
        """Puts the derived files of ``folder`` in the place of a generation's own; deletes it."""
        target = self.of(generation)
        target.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            old = target / path.name
            if old.is_dir():
                shutil.rmtree(old)
            path.replace(old)
        folder.rmdir()

    def present(self) -> list[str]:
        """The generations that have a folder."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())


@dataclass(frozen=True)
class Snapshot:
    """What one search reads from beginning to end: an opened generation at one revision.

    Products that came or changed after the build stand in rows behind the generation's own.
    """

    generation: str
    revision: int
    columns: Columns
    lexical: LexicalIndex
    content: Content
    """Of the generation's own rows; ``words`` of all."""
    vectors: Cosines
    facets: CatalogFacets
    added: int = 0
    """Rows behind the generation's own; rises with every change of texts."""

    @property
    def version(self) -> str:
        """Changes whenever texts do; prices and stock leave it."""
        return f"{self.generation}+{self.added}"


def open_snapshot(place: Place, active: Generation, ask_chroma: bool) -> Snapshot:
    """Opens the active generation for searching.

    Raises ``IndexNotReadyError`` when its folder is missing or incomplete.
    """
    try:
        columns, lexical, content, matrix = open_files(place.of(active.id))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexNotReadyError(
            f"The index generation {active.id} cannot be read; run `shopkeeper index rebuild`."
        ) from error
    cosines: Cosines = matrix
    if ask_chroma:
        cosines = ChromaCosines(place.vectors(active.id), columns)
    facets = CatalogFacets.model_validate_json(active.facets or "{}")
    return Snapshot(active.id, active.revision, columns, lexical, content, cosines, facets)


def open_files(folder: Path) -> tuple[Columns, LexicalIndex, Content, VectorMatrix]:
    """What a generation's folder holds. Raises whatever a missing or damaged file gives rise to."""
    columns = Columns.load(folder / "columns")
    lexical = LexicalIndex.load(folder / "lexical")
    content = Content.load(folder)
    matrix = VectorMatrix.load(folder / "matrix")
    sizes = {len(columns.ids), len(lexical), len(matrix), len(content.texts)}
    if len(sizes) > 1:
        raise ValueError(f"The parts have {sorted(sizes)} rows.")
    return columns, lexical, content, matrix
