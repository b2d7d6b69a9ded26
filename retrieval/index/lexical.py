"""The word index: BM25 over weighted fields, every product scored at once.

bm25s (Lù 2024, https://arxiv.org/abs/2407.03618) computes each field's scores at build time; the
fields' matrices are added up by their weights into one, so that a query is a sum of a few columns.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import bm25s
import numpy as np
from bm25s.tokenization import Tokenized
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it logs every build at DEBUG

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


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Scores over all products, shape (products,) each."""

    bm25: Scores
    coverage: Scores
    """In [0, 1]: the part of the query's rarity (summed idf) whose words the product has."""


class LexicalIndex:
    """Immutable; build it once, then score from any thread."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        scores: Scores,
        documents: int,
    ) -> None:
        self._vocabulary = vocabulary
        self._starts = starts
        self._rows = rows
        self._scores = scores
        self._documents = documents

    @classmethod
    def build(cls, documents: Sequence[LexicalDocument]) -> "LexicalIndex":
        """Indexes ``documents``; their order is that of the rows."""
        vocabulary: dict[str, int] = {}
        numbered: dict[str, list[list[int]]] = {}
        for field in fields(LexicalDocument):
            texts: Iterable[list[str]] = (getattr(document, field.name) for document in documents)
            numbered[field.name] = [
                [vocabulary.setdefault(term, len(vocabulary)) for term in text] for text in texts
            ]
        total = csc_matrix((len(documents), len(vocabulary)), dtype=np.float32)
        for name, ids in numbered.items():
            if any(ids):
                total = total + FIELD_WEIGHTS[name] * _bm25(ids, vocabulary)
        return cls(
            vocabulary,
            total.indptr.astype(np.int64),
            total.indices.astype(np.int32),
            total.data.astype(np.float32),
            len(documents),
        )

    def __contains__(self, term: str) -> bool:
        return term in self._vocabulary

    def idf(self, term: str) -> float:
        """Rarity of a term; that of a term found nowhere is the highest."""
        number = self._vocabulary.get(term)
        found = 0 if number is None else int(self._starts[number + 1] - self._starts[number])
        return float(np.log1p((self._documents - found + 0.5) / (found + 0.5)))

    def score(self, groups: Sequence[TermGroup]) -> LexicalScores:
        """Scores every product against a query, one group of alternatives for each of its words."""
        bm25 = np.zeros(self._documents, dtype=np.float32)
        coverage = np.zeros(self._documents, dtype=np.float32)
        asked = 0.0
        added: set[str] = set()
        for group in groups:
            known = [term for term in group if term in self._vocabulary]
            idf = max(self.idf(term) for term in known or group)
            asked += idf
            if not known:
                continue
            for term in known:
                if term not in added:
                    rows, scores = self._column(term)
                    bm25[rows] += group[term] * scores  # each row once, so this adds exactly
                    added.add(term)
            found = [self._column(term)[0] for term in known]
            coverage[found[0] if len(found) == 1 else np.unique(np.concatenate(found))] += idf
        if asked:
            coverage /= asked
        return LexicalScores(bm25, coverage)

    def _column(self, term: str) -> tuple[NDArray[np.int32], Scores]:
        number = self._vocabulary[term]
        part = slice(self._starts[number], self._starts[number + 1])
        return self._rows[part], self._scores[part]

    def save(self, folder: Path) -> None:
        """Writes the index into ``folder``, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "starts.npy", self._starts)
        np.save(folder / "rows.npy", self._rows)
        np.save(folder / "scores.npy", self._scores)
        names = {"documents": self._documents, "vocabulary": list(self._vocabulary)}
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        return cls(
            {term: number for number, term in enumerate(names["vocabulary"])},
            np.load(folder / "starts.npy"),
            np.load(folder / "rows.npy"),
            np.load(folder / "scores.npy"),
            names["documents"],
        )


def _bm25(ids: list[list[int]], vocabulary: dict[str, int]) -> csc_matrix:
    engine = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    engine.index(Tokenized(ids=ids, vocab=dict(vocabulary)), show_progress=False)
    found = engine.scores
    starts = np.asarray(found["indptr"])[: len(vocabulary) + 1]  # bm25s adds a term of its own
    end = starts[-1]
    return csc_matrix(
        (found["data"][:end], found["indices"][:end], starts), shape=(len(ids), len(vocabulary))
    )
