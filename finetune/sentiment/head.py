"""A linear head over the frozen body: what can be trained in minutes on a busy machine."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from finetune.text.examples import Example
from retrieval.encoder.adapter import Adapter, body_fingerprint
from retrieval.encoder.bilingual import build_tokenizer
from retrieval.encoder.export import RECIPE, export_int8
from retrieval.encoder.logits import OUTPUT, onnx_forward
from retrieval.encoder.minilm import DIMENSION
from retrieval.encoder.routed import padded
from retrieval.reviews.ngrams import Scores

Array = NDArray[np.float64]

_CALM = 3e-3
_ITERATIONS = 300


def train_head(
    examples: Sequence[Example], labels: tuple[str, ...], folder: Path, max_tokens: int
) -> Adapter:
    """Multinomial logistic regression on what the body makes of each text, averaged over tokens.

    Args:
        examples: texts with labels.
        labels: in the order of the head's rows.
        folder: where the body is exported to.
        max_tokens: texts are cut there.
    """
    vectors = body_vectors([example.text for example in examples], folder, max_tokens)
    wanted = np.eye(len(labels))[[labels.index(example.label) for example in examples]]
    weights, bias = fit_head(vectors, wanted)
    return Adapter({}, weights.astype(np.float32), bias.astype(np.float32))


def body_vectors(texts: Sequence[str], folder: Path, max_tokens: int) -> Scores:
    """The mean over the last states of the int8 body, float32 ``(texts, 384)``."""
    graph = folder / f"body-{body_fingerprint()}-{RECIPE}.onnx"
    if not graph.exists():
        plain = np.eye(DIMENSION, dtype=np.float32)
        export_int8(Adapter({}, plain, np.zeros(DIMENSION, np.float32)).build(), graph, [OUTPUT])
    forward = onnx_forward(graph, threads=1)
    encodings = build_tokenizer(max_tokens=max_tokens).encode_batch(list(texts))
    return np.concatenate([forward(*padded([encoding])) for encoding in encodings])


def fit_head(vectors: Scores, wanted: Array) -> tuple[Array, Array]:
    """Weights ``(labels, hidden)`` and bias ``(labels,)`` under which ``wanted`` is likeliest."""
    labels, hidden = wanted.shape[1], vectors.shape[1]
    spread = vectors.std(axis=0) + 1e-6
    middle = vectors.mean(axis=0)
    inputs = ((vectors - middle) / spread).astype(np.float64)

    def surprise(parameters: Array) -> tuple[float, Array]:
        weights = parameters.reshape(labels, hidden + 1)
        logits = inputs @ weights[:, :-1].T + weights[:, -1]
        total = logsumexp(logits, axis=1, keepdims=True)
        slope = (np.exp(logits - total) - wanted) / len(wanted)
        calm = _CALM * weights * ([1.0] * hidden + [0.0])
        gradient = np.column_stack([slope.T @ inputs, slope.sum(axis=0)]) + calm
        loss = (total.sum() - (wanted * logits).sum()) / len(wanted) + (calm * weights).sum() / 2
        return float(loss), gradient.ravel()

    start = np.zeros(labels * (hidden + 1))
    options = {"maxiter": _ITERATIONS}
    best = minimize(surprise, start, jac=True, method="L-BFGS-B", options=options).x
    found = best.reshape(labels, hidden + 1)
    weights = found[:, :-1] / spread
    return weights, found[:, -1] - weights @ middle
