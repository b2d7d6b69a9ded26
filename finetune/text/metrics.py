"""How good a classifier is, and how it is calibrated."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.intent_model import (
    ClassifierCard,
    Numbers,
    decide,
    scope_scores,
)
from retrieval.encoder.logits import softmax

Indices = NDArray[np.int64]

WAYS: tuple[Literal["probability", "energy"], ...] = ("probability", "energy")
_COST = 0.008
"""What rejecting may cost of the in-scope accuracy."""


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


def best_rejection(
    logits: Numbers, labels: Indices, card: ClassifierCard
) -> tuple[ClassifierCard, dict[str, dict[str, float]]]:
    """The card with the better way of rejecting and its threshold, and the figures of both ways.

    Each threshold catches as much as it can of what is out of scope while it costs at most
    0.8 points of in-scope accuracy. Without out-of-scope examples nothing is rejected.
    """
    if card.out_of_scope is None:
        return card, {}
    outside = card.labels.index(card.out_of_scope)
    is_outside = labels == outside
    if not is_outside.any() or is_outside.all():
        return card, {}
    choices = []
    for way in WAYS:
        tried = card.model_copy(update={"reject_by": way})
        scores = scope_scores(logits, tried)
        threshold, recall = _best_threshold(scores, logits, labels, tried, outside)
        choices.append((recall, tried.model_copy(update={"reject_below": round(threshold, 4)})))
    figures: dict[str, dict[str, float]] = {
        chosen.reject_by: {
            "oos_recall": round(recall, 4),
            "auroc": round(area(scope_scores(logits, chosen), ~is_outside), 4),
        }
        for recall, chosen in choices
    }
    return max(choices, key=lambda choice: choice[0])[1], figures


def area(scores: Numbers, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a positive scores more than a negative; ties half."""
    order = np.sort(scores[~positive])
    below = np.searchsorted(order, scores[positive], side="left")
    to = np.searchsorted(order, scores[positive], side="right")
    return float((below + to).mean() / 2 / max(len(order), 1))


def _best_threshold(
    scores: Numbers, logits: Numbers, labels: Indices, card: ClassifierCard, outside: int
) -> tuple[float, float]:
    """The threshold and the share of what is out of scope that it catches."""
    is_outside = labels == outside

    def tried(threshold: float) -> tuple[float, float]:
        said = np.array(decide(logits, card.model_copy(update={"reject_below": threshold})))
        right, caught = said == labels, said == outside
        return float(right[~is_outside].mean()), float(caught[is_outside].mean())

    floor = max(tried(-np.inf)[0], tried(float(scores.min()))[0]) - _COST
    best, most = float(scores.min()), -1.0
    for threshold in np.unique(np.quantile(scores, np.linspace(0, 0.99, 200))):
        kept, caught = tried(float(threshold))
        if kept >= floor and caught > most:
            best, most = float(threshold), caught
    return best, most
