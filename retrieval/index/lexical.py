"""The word index: BM25 over weighted fields, every product scored at once.

Each field's scores are computed when the index is built (Lù 2024, https://arxiv.org/abs/2407.03618)
and added up by the fields' weights into one matrix, so that a query is a sum of a few columns.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.index.names import Names, mapped

Scores = NDArray[np.float32]

TermGroup = dict[str, float]
"""A word of the query: index terms that may stand for it, with their weights; its own weighs 1."""

FIELD_WEIGHTS: Mapping[str, float] = {"title": 1.0, "facets": 0.7, "description": 0.3}


@dataclass(frozen=True, slots=True)
class LexicalDocument:
    """The terms of one product by field; both languages' texts together."""

    title: list[str]
    facets: list[str]
    """Brand, categories, attribute values, tags and SKUs."""
    description: list[str]


FIELDS = tuple(field.name for field in fields(LexicalDocument))


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Scores over all products, shape (products,) each."""

    bm25: Scores
    coverage: Scores
    """In [0, 1]: the part of the query's rarity (summed idf) whose words the product has."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 knows of the whole catalogue, by field in the order of ``FIELDS``."""

    documents: int
    lengths: NDArray[np.float64]
    """Mean number of terms; shape (fields,)."""
    frequencies: NDArray[np.int32]
    """Documents that have a term; shape (fields, terms)."""


class LexicalIndex:
    """Immutable; build it once, then score from any thread.

    ``tail``: an index of products that were added behind these.
    """

    def __init__(
        self,
        vocabulary: Names,
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        scores: Scores,
        statistics: Statistics,
        documents: int,
        tail: "LexicalIndex | None" = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._starts = starts
        self._rows = rows
        self._scores = scores
        self._documents = documents
        self._tail = tail
        self.statistics = statistics

    @classmethod
    def build(cls, documents: Sequence[LexicalDocument]) -> "LexicalIndex":
        """Indexes ``documents``; their order is that of the rows."""
        from retrieval.index.lexical_builder import LexicalBuilder  # noqa: PLC0415 (it needs this)

        builder = LexicalBuilder()
        for document in documents:
            builder.add(document)
        return builder.build()

    def joined(self, tail: "LexicalIndex") -> "LexicalIndex":
        """This index with the products of ``tail`` behind its own; see ``LexicalBuilder``."""
        return LexicalIndex(
            self._vocabulary,
            self._starts,
            self._rows,
            self._scores,
            self.statistics,
            self._documents,
            tail,
        )

    def __contains__(self, term: str) -> bool:
        return term in self._vocabulary or (self._tail is not None and term in self._tail)

    def __len__(self) -> int:
        return self._documents + (0 if self._tail is None else len(self._tail))

    def term(self, term: str) -> int | None:
        """The number of a term in the statistics."""
        return self._vocabulary.row(term)

    def idf(self, term: str) -> float:
        """Rarity of a term; that of a term found nowhere is the highest."""
        return rarity(len(self), sum(len(rows) for rows, _ in self._columns(term)))

    def score(self, groups: Sequence[TermGroup]) -> LexicalScores:
        """Scores every product against a query, one group of alternatives for each of its words."""
        bm25 = np.zeros(len(self), dtype=np.float32)
        coverage = np.zeros(len(self), dtype=np.float32)
        answered = np.zeros(
            len(self), dtype=np.uint8
        )  # the last group that a product has a word of
        asked = 0.0
        added: set[str] = set()
        for number, group in enumerate(groups):
            known = {term: columns for term in group if (columns := self._columns(term))}
            found = [sum(len(rows) for rows, _ in columns) for columns in known.values()] or [0]
            idf = rarity(len(self), min(found))
            asked += idf
            for term, columns in known.items():
                for rows, scores in columns:
                    if term not in added:
                        bm25[rows] += group[term] * scores  # each row once, so this adds exactly
                    if len(known) == 1:
                        coverage[rows] += idf
                    else:
                        mark = number % 255 + 1
                        fresh = rows[answered[rows] != mark]
                        coverage[fresh] += idf
                        answered[fresh] = mark
                added.add(term)
        if asked:
            coverage /= asked
        return LexicalScores(bm25, coverage)

    def _columns(self, term: str) -> list[tuple[NDArray[np.int32], Scores]]:
        """Rows that have a term and their scores, of these products and of the tail's."""
        found = []
        number = self._vocabulary.row(term)
        if number is not None:
            part = slice(self._starts[number], self._starts[number + 1])
            found.append((self._rows[part], self._scores[part]))
        if self._tail is not None:
            offset = np.int32(self._documents)
            found += [(rows + offset, scores) for rows, scores in self._tail._columns(term)]
        return found

    def save(self, folder: Path) -> None:
        """Writes the index into ``folder``, which is made. A tail is not kept."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "starts.npy", self._starts)
        np.save(folder / "rows.npy", self._rows)
        np.save(folder / "scores.npy", self._scores)
        np.save(folder / "lengths.npy", self.statistics.lengths)
        np.save(folder / "frequencies.npy", self.statistics.frequencies)
        self._vocabulary.save(folder, "vocabulary")
        (folder / "documents.json").write_text(json.dumps(self._documents), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Opens a saved index; the columns stay on disk until a query reads them."""
        documents = int(json.loads((folder / "documents.json").read_text(encoding="utf-8")))
        lengths, frequencies = mapped(folder / "lengths.npy"), mapped(folder / "frequencies.npy")
        return cls(
            Names.load(folder, "vocabulary"),
            mapped(folder / "starts.npy"),
            mapped(folder / "rows.npy"),
            mapped(folder / "scores.npy"),
            Statistics(documents, lengths, frequencies),
            documents,
        )


def rarity(documents: int, found: int) -> float:
    """BM25's idf, as Lucene has it, of a term that ``found`` of ``documents`` have."""
    return float(np.log1p((documents - found + 0.5) / (found + 0.5)))
