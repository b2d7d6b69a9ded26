"""Collects the word index product by product."""

from array import array

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, vstack

from retrieval.index.lexical import (
    FIELD_WEIGHTS,
    FIELDS,
    LexicalDocument,
    LexicalIndex,
    Statistics,
)
from retrieval.index.names import Names

_K1, _B = 1.5, 0.75
_CHUNK = 20_000  # products whose words are held one by one before they are counted


class LexicalBuilder:
    """Collects documents in the order of their rows.

    Args:
        of: an index behind which the documents will be put. They are then scored by its statistics,
            as if they had been rare additions to it, so that scores of both compare.
    """

    def __init__(self, of: LexicalIndex | None = None) -> None:
        self._of = of
        self._vocabulary: dict[str, int] = {}
        self._documents = 0
        self._counted = 0
        self._terms = {name: array("i") for name in FIELDS}
        self._ends = {name: array("q") for name in FIELDS}
        self._chunks: dict[str, list[csr_matrix]] = {name: [] for name in FIELDS}

    def add(self, document: LexicalDocument) -> None:
        numbers = self._vocabulary
        for name in FIELDS:
            terms = self._terms[name]
            for term in getattr(document, name):
                terms.append(numbers.setdefault(term, len(numbers)))
            self._ends[name].append(len(terms))
        self._documents += 1
        if self._documents - self._counted == _CHUNK:
            self._count()

    def build(self) -> LexicalIndex:
        """The index of what has been added so far; more may be added afterwards."""
        self._count()
        counts = {name: self._counts(name) for name in FIELDS}
        lengths = np.array([_mean_length(found, self._documents) for found in counts.values()])
        frequencies = np.zeros((len(FIELDS), len(self._vocabulary)), dtype=np.int32)
        for number, found in enumerate(counts.values()):
            frequencies[number] = np.bincount(found.indices, minlength=len(self._vocabulary))
        statistics = Statistics(self._documents, lengths, frequencies)
        known = statistics if self._of is None else self._statistics_of(self._of)
        total = csr_matrix((self._documents, len(self._vocabulary)), dtype=np.float32)
        for number, (name, found) in enumerate(counts.items()):
            if found.nnz:
                _score(found, known, number)
                total = total + np.float32(FIELD_WEIGHTS[name]) * found
        columns: csc_matrix = total.tocsc()
        columns.sort_indices()
        return LexicalIndex(
            Names.of(self._vocabulary),
            columns.indptr.astype(np.int64),
            columns.indices.astype(np.int32),
            columns.data.astype(np.float32),
            statistics,
            self._documents,
        )

    def _statistics_of(self, index: LexicalIndex) -> Statistics:
        """Another index's statistics in the order of this one's terms."""
        theirs = index.statistics
        frequencies = np.zeros((len(FIELDS), len(self._vocabulary)), dtype=np.int32)
        for term, number in self._vocabulary.items():
            known = index.term(term)
            if known is not None:
                frequencies[:, number] = theirs.frequencies[:, known]
        return Statistics(theirs.documents, theirs.lengths, frequencies)

    def _count(self) -> None:
        """Packs the words held one by one into counts by document."""
        documents = self._documents - self._counted
        if not documents:
            return
        for name in FIELDS:
            terms = np.frombuffer(self._terms[name], dtype=np.intc)
            ends = np.frombuffer(self._ends[name], dtype=np.int64)
            starts = np.concatenate([[0], ends])
            ones = np.ones(len(terms), dtype=np.float32)
            shape = (documents, len(self._vocabulary))
            chunk = csr_matrix((ones, terms.copy(), starts), shape=shape)
            chunk.sum_duplicates()
            self._chunks[name].append(chunk)
            self._terms[name], self._ends[name] = array("i"), array("q")
        self._counted = self._documents

    def _counts(self, name: str) -> csr_matrix:
        """How often each document has each term in a field; a new matrix."""
        terms = len(self._vocabulary)
        for chunk in self._chunks[name]:
            chunk.resize(chunk.shape[0], terms)
        if not self._chunks[name]:
            return csr_matrix((0, terms), dtype=np.float32)
        return csr_matrix(vstack(self._chunks[name], format="csr"), copy=True)


def _mean_length(counts: csr_matrix, documents: int) -> float:
    return float(counts.data.sum(dtype=np.float64)) / documents if documents else 0.0


def _score(counts: csr_matrix, known: Statistics, field: int) -> None:
    """Turns counts into BM25 scores, in place (Robertson et al. 1994; idf as Lucene has it)."""
    found = known.frequencies[field].astype(np.float64)
    idf = np.log1p((known.documents - found + 0.5) / (found + 0.5)).astype(np.float32)
    lengths = np.asarray(counts.sum(axis=1), dtype=np.float32).ravel()
    relative = lengths / max(float(known.lengths[field]), 1e-9)
    damping: NDArray[np.float32] = (_K1 * (1 - _B + _B * relative)).astype(np.float32)
    by_entry = np.repeat(damping, np.diff(counts.indptr))
    counts.data *= idf[counts.indices] / (counts.data + by_entry)
