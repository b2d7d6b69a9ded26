"""Item vectors to start from: those whose products come nearest to the counted similarities."""

import numpy as np
import torch
from scipy.sparse.linalg import eigsh
from torch import Tensor

from finetune.sequence.histories import Histories
from finetune.sequence.neighbours import Moments, divided

_NEAR = 0.85
_LENGTH = 0.5
"""Mean length of a vector; what the final norm makes of one has the root of its size."""


def spectral_vectors(histories: Histories, size: int, seed: int) -> Tensor | None:
    """(items, size) from the leading eigenvectors of what follows what, either way round.

    A network that starts from them ranks like item-kNN before its first update and needs a
    fraction of the epochs (cf. Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix
    Factorization"). Items that nobody had get small random ones. None where there are too few.
    """
    moments = Moments(histories)
    if moments.items <= 2 * size:
        return None
    counted = moments.following(_NEAR)
    similar = divided(counted + counted.T, moments.counts, 0.5, 0.5)
    similar.data = np.sqrt(similar.data)  # large counts would take all the dimensions
    random = np.random.default_rng(seed)
    start = random.normal(size=moments.items).astype(np.float32)
    values, vectors = eigsh(similar, k=size, which="LA", v0=start, tol=1e-2)
    found = vectors * np.sqrt(np.maximum(values, 0))
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    # The square root of a length keeps rare items from vanishing.
    found = found / np.maximum(lengths, 1e-6) ** 0.5
    found *= _LENGTH / np.linalg.norm(found, axis=1).mean()
    found += random.normal(size=found.shape) * 0.01
    return torch.from_numpy(found.astype(np.float32))
