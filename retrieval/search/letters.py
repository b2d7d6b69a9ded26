"""How alike a query and titles are by their letters, whatever their words: runs of three and four.

It finds what is misspelt, joined or cut ("light bulb", "lightbulb") where words do not.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from retrieval.language import fold, normalise

Scores = NDArray[np.float32]

_RUNS = (3, 4)


class LetterIndex:
    """Cosines of letter runs, weighted by rarity. Immutable."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._numbers: dict[str, int] = {}
        columns: list[int] = []
        counts: list[int] = []
        starts = [0]
        for title in titles:
            for run, count in _runs(title).items():
                columns.append(self._numbers.setdefault(run, len(self._numbers)))
                counts.append(count)
            starts.append(len(columns))
        shape = (len(titles), len(self._numbers))
        matrix = csr_matrix((np.sqrt(counts, dtype=np.float32), columns, starts), shape=shape)
        found = np.bincount(matrix.indices, minlength=shape[1])
        self._rarity = np.log((len(titles) + 1) / (found + 1)).astype(np.float32)
        matrix.data *= self._rarity[matrix.indices]
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.maximum(lengths, 1e-6), np.diff(matrix.indptr))
        self._matrix: csc_matrix = matrix.tocsc()

    def score(self, query: str) -> Scores:
        """Of every title; shape (titles,)."""
        scores = np.zeros(self._matrix.shape[0], dtype=np.float32)
        runs = [(self._numbers[run], n) for run, n in _runs(query).items() if run in self._numbers]
        weights = [np.sqrt(count) * self._rarity[number] for number, count in runs]
        length = max(float(np.linalg.norm(weights)), 1e-6) if runs else 1.0
        starts = self._matrix.indptr
        for (number, _), weight in zip(runs, weights, strict=True):
            part = slice(starts[number], starts[number + 1])
            scores[self._matrix.indices[part]] += self._matrix.data[part] * (weight / length)
        return scores


def _runs(text: str) -> Counter[str]:
    padded = f" {' '.join(fold(normalise(text)).split())} "
    return Counter(padded[i : i + n] for n in _RUNS for i in range(len(padded) - n + 1))
