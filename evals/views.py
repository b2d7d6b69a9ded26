"""Titles and queries as an encoder sees them."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evals.judgments import Scores
from retrieval.encoder.encoder import Encoder, Vectors

Told = Callable[[str], None]

_ENCODED_AT_ONCE = 2048


class View:
    """The titles' vectors of one or more encoders, and each query's, made when first asked.

    Of several encoders the vectors stand side by side, scaled so that a product of two of them is
    the mean of the encoders' cosines.
    """

    def __init__(
        self,
        titles: Sequence[str],
        encoders: Sequence[Encoder],
        cache: Path,
        told: Told = lambda line: None,
    ) -> None:
        self._encoders = encoders
        self.matrix: Vectors = _beside([encoded(titles, e, cache, told) for e in encoders])
        self._vectors: dict[str, Vectors] = {}

    def vector(self, query: str) -> Vectors:
        if query not in self._vectors:
            self._vectors[query] = _beside([e.encode([query]) for e in self._encoders])[0]
        return self._vectors[query]

    def cosines(self, query: str) -> Scores:
        """Of every title to ``query``; shape (titles,)."""
        cosines: Scores = self.matrix @ self.vector(query)
        return cosines


def _beside(parts: Sequence[Vectors]) -> Vectors:
    if len(parts) == 1:
        return parts[0]
    joined: Vectors = np.hstack(parts) / np.float32(np.sqrt(len(parts)))
    return joined


def encoded(
    titles: Sequence[str], encoder: Encoder, cache: Path, told: Told = lambda line: None
) -> Vectors:
    """Vectors of ``titles``, kept in ``cache`` between runs."""
    key = hashlib.sha256("\n".join([encoder.fingerprint, *titles]).encode()).hexdigest()[:24]
    path = cache / f"titles-{key}.npy"
    if path.exists():
        return np.asarray(np.load(path), dtype=np.float32)
    batches = []
    for start in range(0, len(titles), _ENCODED_AT_ONCE):
        batches.append(encoder.encode(titles[start : start + _ENCODED_AT_ONCE]))
        done = min(start + _ENCODED_AT_ONCE, len(titles))
        if done % (5 * _ENCODED_AT_ONCE) == 0 or done == len(titles):
            told(f"encoded {done} of {len(titles)} titles")
    matrix = np.vstack(batches)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, matrix)
    return matrix
