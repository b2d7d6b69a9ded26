"""How much each part of a model counts, chosen on examples that none of them was shown."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from finetune.text.metrics import Indices
from retrieval.reviews.mixture import Mixture
from retrieval.reviews.ngrams import Scores

Array = NDArray[np.float64]

_CALM = 1e-3
"""Weight of the size of the bias: a small part says little of rare labels."""
_STEPS = np.linspace(-1.2, 1.2, 25)
_ROUNDS = 3


def fit_mixture(parts: Scores, truth: Indices) -> Mixture:
    """The mixture under which ``truth`` is likeliest.

    Args:
        parts: float32 of shape ``(parts, texts, labels)``.
        truth: the index of each text's label.
    """
    amount, _, labels = parts.shape
    wanted = np.eye(labels)[truth]
    spoken = parts.astype(np.float64)

    def surprise(parameters: Array) -> tuple[float, Array]:
        weights, bias = parameters[:amount], parameters[amount:]
        mixed = np.tensordot(weights, spoken, axes=1) + bias
        total = logsumexp(mixed, axis=1, keepdims=True)
        slope = (np.exp(mixed - total) - wanted) / len(truth)
        moved = (slope * spoken).sum(axis=(1, 2))
        gradient = np.concatenate([moved, slope.sum(axis=0) + 2 * _CALM * bias])
        loss = (total.sum() - (wanted * mixed).sum()) / len(truth) + _CALM * (bias**2).sum()
        return float(loss), gradient

    start = np.array([*[0.5] * amount, *[0.0] * labels])
    bounds = [(0, None)] * amount + [(None, None)] * labels
    best = minimize(surprise, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    told = np.round(best, 4).tolist()
    return Mixture(weights=told[:amount], bias=told[amount:])


def best_offsets(probabilities: Scores) -> tuple[float, ...]:
    """What to add to each label's log-probability for the best macro-F1, label by label.

    The F1 meant is the one that the probabilities themselves promise: of rare labels there are too
    few examples to count on (expected F-measure: Ye et al. 2012, https://arxiv.org/abs/1206.4625).
    """
    logs = np.log(np.maximum(probabilities, 1e-12)).astype(np.float64)
    likely = np.exp(logs)
    offsets = np.zeros(logs.shape[1])

    def score(tried: Array) -> float:
        said = np.eye(logs.shape[1])[(logs + tried).argmax(axis=1)]
        hits = (said * likely).sum(axis=0)
        return float((2 * hits / (said + likely).sum(axis=0)).mean())

    for _ in range(_ROUNDS):
        for label in range(logs.shape[1]):
            choices = [offsets + step * (np.arange(logs.shape[1]) == label) for step in _STEPS]
            offsets = max(choices, key=lambda tried: (score(tried), -float(np.abs(tried).sum())))
    return tuple(np.round(offsets - offsets.mean(), 3).tolist())
