"""What every classifier over an exported graph shares: the call, and probabilities of logits."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from retrieval.encoder.encoder import Vectors
from retrieval.encoder.export import INPUTS
from retrieval.encoder.onnx_encoder import open_session
from retrieval.encoder.routed import Tokens, padded

OUTPUT = "logits"
_FEW = 8
"""Texts that are not worth a pool of threads."""
Forward = Callable[[Tokens, Tokens], Vectors]
"""Token ids and mask ``(texts, tokens)`` → logits ``(texts, labels)``."""


def onnx_forward(path: Path, threads: int = 0) -> Forward:
    """A graph exported by ``retrieval.encoder.export`` on CPU; ``threads`` of one call, 0: all."""
    session = open_session(path, threads)

    def run(ids: Tokens, mask: Tokens) -> Vectors:
        (logits,) = session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))
        return np.asarray(logits, dtype=np.float32)

    return run


def one_by_one(
    forward: Forward, encodings: Sequence[Encoding], labels: int, workers: int
) -> Vectors:
    """Logits ``(texts, labels)`` of texts computed each by itself, ``workers`` side by side.

    int8 scales the activations of a whole batch at once, so that a text's neighbours would move
    its scores.
    """
    found = np.zeros((len(encodings), labels), dtype=np.float32)

    def fill(index: int) -> None:
        found[index] = forward(*padded([encodings[index]]))[0]

    if len(encodings) < _FEW or workers == 1:
        for index in range(len(encodings)):
            fill(index)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, range(len(encodings))))
    return found


def softmax(logits: NDArray[np.floating]) -> Vectors:
    """Along the last axis, without overflow; float32."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)
