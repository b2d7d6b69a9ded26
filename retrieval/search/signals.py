"""What words and vectors say of every product for one query, under one set of names."""

import numpy as np
from numpy.typing import NDArray

from retrieval.index.lexical import LexicalScores
from retrieval.search.fusion import Fusion

Scores = NDArray[np.float32]

SIGNALS = ("bm25", "coverage", "cosine", "fused")
"""The scores that a learnt order reads, in its order."""


def signals_of(
    lexical: LexicalScores, cosines: Scores, fusion: Fusion, mask: NDArray[np.bool_]
) -> dict[str, Scores]:
    """``SIGNALS`` of every product, shape (products,) each."""
    fused = fusion.fuse(lexical, cosines, mask)
    return dict(zip(SIGNALS, (lexical.bm25, lexical.coverage, cosines, fused), strict=True))
