"""How good a classifier is, and how it is calibrated."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.intent_model import ClassifierCard, Numbers, softmax

Indices = NDArray[np.int64]

_MIN_IN_SCOPE = 0.95
"""What rejecting must leave of the in-scope accuracy, if it was there before."""


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """Share of the labels said that are right; 0 of none."""
    return sum(t == s for t, s in zip(truth, said, strict=True)) / max(len(truth), 1)


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean F1 over the labels that occur in ``truth``."""
    scores = []
    for label in sorted(set(truth)):
        right = sum(t == s == label for t, s in zip(truth, said, strict=True))
        scores.append(2 * right / (list(truth).count(label) + list(said).count(label)))
    return float(np.mean(scores)) if scores else 0.0


def best_temperature(logits: Numbers, labels: Indices) -> float:
    """The temperature that makes the labels most likely, by a fine grid from 0.2 to 5."""
    grid = np.exp(np.linspace(np.log(0.2), np.log(5), 120))
    rows = np.arange(len(labels))

    def surprise(temperature: float) -> float:
        likelihoods = softmax(logits / np.float32(temperature))[rows, labels]
        return float(-np.log(np.maximum(likelihoods, 1e-12)).mean())

    return float(min(grid, key=surprise)) if len(labels) else 1.0


def calibration_error(probabilities: Numbers, labels: Indices, bins: int = 15) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, bin by bin."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean()
        for b in range(bins)
        if (which == b).any()
    ]
    return float(sum(gaps))


def best_threshold(probabilities: Numbers, labels: Indices, card: ClassifierCard) -> float:
    """Below which probability of the best in-scope label a text is best called out of scope.

    It catches as much as it can of what is out of scope while it costs at most half a point of
    in-scope accuracy, or leaves 95 % of it. Without out-of-scope examples nothing is rejected.
    """
    if card.out_of_scope is None:
        return 0.0
    outside = card.labels.index(card.out_of_scope)
    is_outside = labels == outside
    if not is_outside.any() or is_outside.all():
        return 0.0
    inside = np.delete(probabilities, outside, axis=1).max(axis=1)
    said = probabilities.argmax(axis=1)
    right = (said == labels) & ~is_outside
    before = right.sum() / (~is_outside).sum()
    floor = min(_MIN_IN_SCOPE + 0.01, before - 0.005)
    best, most = 0.0, -1.0
    for threshold in np.linspace(0, 0.95, 96):
        kept = (right & (inside >= threshold)).sum() / (~is_outside).sum()
        caught = ((said == outside) | (inside < threshold))[is_outside].mean()
        if kept >= floor and caught > most:
            best, most = float(threshold), float(caught)
    return best
