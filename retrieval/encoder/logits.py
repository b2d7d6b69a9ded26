"""What every classifier over an exported graph shares: the call, and probabilities of logits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors
from retrieval.encoder.export import INPUTS
from retrieval.encoder.onnx_encoder import open_session
from retrieval.encoder.routed import Tokens

OUTPUT = "logits"
Forward = Callable[[Tokens, Tokens], Vectors]
"""Token ids and mask ``(texts, tokens)`` → logits ``(texts, labels)``."""


def onnx_forward(path: Path, threads: int = 0) -> Forward:
    """A graph exported by ``retrieval.encoder.export`` on CPU; ``threads`` of one call, 0: all."""
    session = open_session(path, threads)

    def run(ids: Tokens, mask: Tokens) -> Vectors:
        (logits,) = session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))
        return np.asarray(logits, dtype=np.float32)

    return run


def softmax(logits: NDArray[np.floating]) -> Vectors:
    """Along the last axis, without overflow; float32."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)
