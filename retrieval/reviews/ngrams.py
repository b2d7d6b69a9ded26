"""A linear model over hashed n-grams of words and Chinese characters, in NumPy alone.

An n-gram's hash is its place in the table of weights, so no vocabulary is kept (Weinberger et al.
2009, https://arxiv.org/abs/0902.2206).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Buckets = NDArray[np.int64]
Scores = NDArray[np.float32]

# Chinese characters and punctuation marks by themselves, words of other scripts whole.
_TOKEN = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_\u3400-\u9fff]+)?|[^\w\s]+|\S")
_PRIME, _SPREAD = np.uint64(1_099_511_628_211), np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class NgramModel:
    """``weights``: int8 of shape ``(2 ** bits, outputs)``; ``scale``: float32 ``(outputs,)``."""

    weights: NDArray[np.int8]
    scale: Scores
    longest: int
    """Tokens in the longest n-gram."""

    def scores(self, texts: Sequence[str]) -> Scores:
        """Float32 of shape ``(texts, outputs)``; zeros for a text without a token."""
        bits = int(self.weights.shape[0]).bit_length() - 1
        found = np.zeros((len(texts), self.weights.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            buckets = buckets_of(text, self.longest, bits)
            if buckets.size:
                total = self.weights[buckets].sum(axis=0, dtype=np.int64)
                found[row] = total * self.scale / np.sqrt(buckets.size)
        return found


def buckets_of(text: str, longest: int, bits: int) -> Buckets:
    """The places of the n-grams of ``text``, each once, ascending.

    Args:
        text: prepared as for any model; case makes no difference.
        longest: tokens in the longest n-gram.
        bits: there are ``2 ** bits`` places.
    """
    tokens = np.array([_hash(token) for token in _TOKEN.findall(text.lower())], dtype=np.uint64)
    grams, parts = tokens, []
    for length in range(1, min(longest, len(tokens)) + 1):
        if length > 1:
            grams = grams[:-1] * _PRIME + tokens[length - 1 :]
        parts.append(grams + np.uint64(length))
    if not parts:
        return np.zeros(0, dtype=np.int64)
    places = (np.concatenate(parts) * _SPREAD) >> np.uint64(64 - bits)
    return np.unique(places.astype(np.int64))


@lru_cache(maxsize=100_000)
def _hash(token: str) -> int:
    return crc32(token.encode("utf-8", "replace")) + 1
