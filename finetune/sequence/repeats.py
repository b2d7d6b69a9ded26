"""Learns which of the things a customer had come again, from their earlier moments."""

import numpy as np
from numpy.typing import NDArray

from finetune.sequence.histories import Histories
from retrieval.ranking.sequence.history import step_numbers
from retrieval.ranking.sequence.repeats import Repeats, features

_MOMENTS = 4000
"""Moments at most that are learnt from; each gives a row for every item its customer had."""
_DOUBT = 5.0
"""Customers' worth of the mean rate that each item starts with."""
_RIDGE = 1.0
_ROUNDS = 25

Floats = NDArray[np.float32]


def learn_repeats(
    histories: Histories, popularity: Floats, remembered: int, seed: int = 0
) -> Repeats | None:
    """The function that makes what customers took again likeliest; None where nobody did.

    Of each moment, what the customer had before it is asked about: is it in there?

    Args:
        histories: of all customers.
        popularity: (items,) logarithm of each item's share of events.
        remembered: events of a customer that count at all.
        seed: draws the moments.
    """
    again = _again(histories)
    steps = [step_numbers(t, len(r)) for r, t in zip(histories.rows, histories.times, strict=True)]
    moments = [
        (c, m) for c, some in enumerate(steps) for m in range(1, some[-1] + 1 if len(some) else 0)
    ]
    drawn = np.random.default_rng(seed).permutation(len(moments))[:_MOMENTS]
    asked: list[Floats] = []
    right: list[NDArray[np.bool_]] = []
    for number in sorted(drawn.tolist()):
        customer, moment = moments[number]
        row, times, some = histories.rows[customer], histories.times[customer], steps[customer]
        start, end = np.searchsorted(some, [moment, moment + 1])
        kept = slice(max(0, start - remembered), start)
        days = np.zeros(len(row[kept]), dtype=np.float32)
        if times is not None:
            days = ((times[start - 1] - times[kept]) / 86400).astype(np.float32)
        own, found = features(row[kept], some[kept], days, again, popularity)
        asked.append(found)
        right.append(np.isin(own, row[start:end]))
    if not any(some.any() for some in right):
        return None
    weights = _logistic(np.concatenate(asked), np.concatenate(right))
    return Repeats(weights, again, popularity)


def _again(histories: Histories) -> Floats:
    """(items,) log-odds of customers who had the item more than once, those of few held back."""
    had, more = np.zeros(len(histories.items)), np.zeros(len(histories.items))
    for row in histories.rows:
        own, times = np.unique(row, return_counts=True)
        had[own] += 1
        more[own] += times > 1
    mean = (more.sum() + 1) / (had.sum() + 2)
    rate = (more + _DOUBT * mean) / (had + _DOUBT)
    odds: Floats = np.log(rate / (1 - rate)).astype(np.float32)
    return odds


def _logistic(asked: Floats, right: NDArray[np.bool_]) -> Floats:
    """Weights by Newton's method with a ridge; the first column is the constant."""
    spread = np.maximum(asked.std(axis=0), 1e-3)
    spread[0] = 1.0
    scaled = (asked / spread).astype(np.float64)
    weights = np.zeros(scaled.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(scaled @ weights, -30, 30)))
        slope = scaled.T @ (likely - right) + _RIDGE * weights
        bend = (scaled * (likely * (1 - likely))[:, None]).T @ scaled
        change = np.linalg.solve(bend + _RIDGE * np.eye(len(weights)), slope)
        weights -= change
        if np.abs(change).max() < 1e-6:
            break
    found: Floats = (weights / spread).astype(np.float32)
    return found
