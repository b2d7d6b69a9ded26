"""A generation: one complete search index, built beside the others and never changed after.

On disk it is a folder ``<index folder>/<generation>``: ``columns/``, ``lexical/``, ``content.json``
and, without a Chroma server, ``vectors/``. With a server its vectors are a collection of its name.
Which generation is active is said by SQL alone.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.facets import CatalogFacets
from retrieval.encoder.encoder import Vectors
from retrieval.errors import IndexNotReadyError
from retrieval.index.chroma_index import (
    ChromaIndex,
    close_client,
    embedded_client,
    server_client,
)
from retrieval.index.columns import Columns
from retrieval.index.exact_index import matrix_of
from retrieval.index.generation_store import Generation
from retrieval.index.lexical import LexicalIndex

Scores = NDArray[np.float32]
_COLLECTION = "products"


@dataclass(frozen=True, slots=True)
class Content:
    """What a generation holds, by product id, and the words its texts are written in."""

    encoder: str
    text_hashes: dict[str, str]
    """``products.text_hash`` at the build: tells whether a product's texts have changed since."""
    embedded: dict[str, str]
    """Hash of the text that was embedded: tells whether its vector may be used again."""
    words: dict[str, int]
    """Folded Latin words of titles, brands and values with how many products have them."""

    def save(self, folder: Path) -> None:
        content = {name: getattr(self, name) for name in self.__slots__}
        (folder / "content.json").write_text(
            json.dumps(content, ensure_ascii=False), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> "Content":
        return cls(**json.loads((folder / "content.json").read_text(encoding="utf-8")))


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

    def present(self) -> list[str]:
        """The generations that have a folder."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())


@dataclass(frozen=True)
class Snapshot:
    """What one search reads from beginning to end: an opened generation at one revision."""

    generation: str
    revision: int
    columns: Columns
    lexical: LexicalIndex
    content: Content
    cosines: Callable[[Vectors, NDArray[np.bool_]], Scores]
    """``(query of shape (d,), mask over products)`` to cosines over all products.

    They are -1 off the mask.
    """
    facets: CatalogFacets


def open_snapshot(place: Place, active: Generation, ask_chroma: bool) -> Snapshot:
    """Opens the active generation for searching.

    Raises ``IndexNotReadyError`` when its folder is missing or incomplete.
    """
    folder = place.of(active.id)
    try:
        columns = Columns.load(folder / "columns")
        lexical = LexicalIndex.load(folder / "lexical")
        content = Content.load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise IndexNotReadyError(
            f"The index generation {active.id} cannot be read; run `shopkeeper index rebuild`."
        ) from error
    vectors = place.vectors(active.id)
    if ask_chroma:
        cosines = _asking(vectors, columns)
    else:
        with vectors:
            cosines = _scanning(_aligned(vectors, columns))
    facets = CatalogFacets.model_validate_json(active.facets or "{}")
    return Snapshot(active.id, active.revision, columns, lexical, content, cosines, facets)


def _aligned(vectors: ChromaIndex, columns: Columns) -> Vectors:
    """The vectors in the order of the product rows."""
    sample = next(vectors.scan(1), ([], np.zeros((0, 1), dtype=np.float32)))[1]
    ids, matrix = matrix_of(vectors, sample.shape[1])
    aligned = np.zeros((len(columns.ids), matrix.shape[1]), dtype=np.float32)
    for position, identifier in enumerate(ids):
        row = columns.row(identifier)
        if row is not None:
            aligned[row] = matrix[position]
    return aligned


def _scanning(matrix: Vectors) -> Callable[[Vectors, NDArray[np.bool_]], Scores]:
    def cosines(query: Vectors, mask: NDArray[np.bool_]) -> Scores:
        rows = np.flatnonzero(mask)
        scores = np.full(len(mask), -1.0, dtype=np.float32)
        if len(rows) * 5 < len(mask):  # gathering rows costs about five times reading them
            scores[rows] = matrix[rows] @ query
        elif len(rows):
            scores[rows] = (matrix @ query)[rows]
        return scores

    return cosines


def _asking(
    vectors: ChromaIndex, columns: Columns, depth: int = 1000
) -> Callable[[Vectors, NDArray[np.bool_]], Scores]:
    def cosines(query: Vectors, mask: NDArray[np.bool_]) -> Scores:
        scores = np.full(len(mask), -1.0, dtype=np.float32)
        for identifier, cosine in vectors.nearest(query, depth):
            row = columns.row(identifier)
            if row is not None and mask[row]:
                scores[row] = cosine
        return scores

    return cosines
