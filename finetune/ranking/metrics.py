"""Figures by which rankings are judged."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def auc(labels: Array, scores: Array) -> float:
    """The chance that a positive scores above a negative, ties half; NaN without both kinds."""
    positives = labels > 0.5
    n, m = int(positives.sum()), int((~positives).sum())
    if not n or not m:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][positives].sum() - n * (n + 1) / 2) / (n * m))


def log_loss(labels: Array, probabilities: Array) -> float:
    """Mean negative log-likelihood in nats."""
    p = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return float(-(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean())


def calibration_error(labels: Array, probabilities: Array, bins: int = 15) -> float:
    """Expected calibration error over bins of equal size (Naeini et al. 2015)."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(labels[p].mean() - probabilities[p].mean()) * len(p) for p in parts]
    return float(sum(gaps) / max(1, len(labels)))


def ndcg(gains: Array, scores: Array, k: int = 10) -> float:
    """NDCG@k of one list with graded, non-negative gains; 1 where all gains are 0."""
    discounts = 1 / np.log2(np.arange(2, min(k, len(gains)) + 2))
    got = gains[np.argsort(-scores, kind="stable")][: len(discounts)]
    best = np.sort(gains)[::-1][: len(discounts)]
    return float((got * discounts).sum() / (best * discounts).sum()) if best.any() else 1.0


def sigmoid(log_odds: Array) -> Array:
    """Probabilities; log-odds beyond 30 either way are cut."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def fit_line(labels: Array, log_odds: Array, steps: int = 30) -> tuple[float, float]:
    """Slope and intercept of Platt's calibration (1999), by Newton steps.

    The slope is drawn to 1 as if by a prior, so that log-odds which are all the same change little.
    """
    slope, intercept = 1.0, 0.0
    for _ in range(steps):
        p = sigmoid(slope * log_odds + intercept)
        w = p * (1 - p)
        gradient = np.array([((p - labels) * log_odds).sum() + slope - 1, (p - labels).sum()])
        mixed = (w * log_odds).sum()
        hessian = np.array([[(w * log_odds**2).sum() + 1, mixed], [mixed, w.sum() + 1e-6]])
        step = np.clip(np.linalg.solve(hessian, gradient), -5, 5)
        slope, intercept = slope - step[0], intercept - step[1]
    return float(slope), float(intercept)
