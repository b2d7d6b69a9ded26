"""Products that came or changed since the generation was built, searchable within a second.

They are put behind the generation's own rows: a search sees one row space. The next build takes
them in, and an empty delta begins.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.columns import Columns
from retrieval.index.columns_builder import ColumnsBuilder
from retrieval.index.cosines import JoinedCosines
from retrieval.index.document import embedding_text, lexical_document, surface_words
from retrieval.index.generation import Snapshot
from retrieval.index.lexical import LexicalIndex
from retrieval.index.lexical_builder import LexicalBuilder
from retrieval.index.matrix import VectorMatrix


class Delta:
    """What is behind one generation. One thread writes; snapshots that it made stay as they are."""

    def __init__(self, base: Snapshot, encoder: Encoder) -> None:
        self._encoder = encoder
        self._columns = ColumnsBuilder()
        self._lexical = LexicalBuilder(of=base.lexical)
        self._vectors: list[Vectors] = []
        self._words: Counter[str] = Counter(base.content.words)
        self._rows: dict[str, int] = {}
        self._known: dict[str, Vectors] = {}
        self._built: tuple[Columns, LexicalIndex, VectorMatrix] | None = None

    def __len__(self) -> int:
        """Rows, those of products that changed once more included."""
        return len(self._columns)

    def holds(self, product_id: str) -> bool:
        return product_id in self._rows

    def add(self, products: Sequence[Product]) -> None:
        """Puts products behind the others; an earlier row of theirs is buried."""
        if not products:
            return
        texts = [embedding_text(product) for product in products]
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._encoder.encode(fresh), strict=True))
        self._vectors += [self._known[text] for text in texts]
        self._built = None
        for product in products:
            self.bury([product.id])
            self._rows[product.id] = len(self._columns)
            self._columns.add(product)
            self._lexical.add(lexical_document(product))
            self._words.update(set(surface_words(product)))

    def bury(self, product_ids: Iterable[str]) -> None:
        """Takes products out."""
        for product_id in product_ids:
            row = self._rows.pop(product_id, None)
            if row is not None:
                self._columns.bury(row)
                self._built = None

    def behind(self, base: Snapshot) -> Snapshot:
        """``base`` with these products behind its own."""
        if not len(self):
            return base
        if self._built is None:
            matrix = VectorMatrix.of(np.stack(self._vectors))
            self._built = (self._columns.build(), self._lexical.build(), matrix)
        columns, lexical, matrix = self._built
        return replace(
            base,
            columns=base.columns.joined(columns),
            lexical=base.lexical.joined(lexical),
            content=replace(base.content, words=dict(self._words)),
            vectors=JoinedCosines(base.vectors, matrix, len(base.columns.ids)),
            added=len(self),
        )
