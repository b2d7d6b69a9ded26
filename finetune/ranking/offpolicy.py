"""What a ranking would have earned, from lists that another one showed.

Clicks follow the examination hypothesis: a product at place ``k`` is clicked with the chance
``e(k) r``, where ``r`` belongs to the product and not to its place. Then a click at place ``k`` is
worth ``1 / e(k)``, and a list re-ordered earns ``sum e(new place) r`` (Li et al. 2018, "Offline
evaluation of ranking policies with click models").
The doubly robust estimate takes a model's ``r`` and mends it by what the clicks say beyond (Dudík
et al. 2011). Its weights are shrunk where they are large (Su et al. 2020, "Doubly robust off-policy
evaluation with shrinkage"): with whole weights it would be the first estimate again, since whether
a place is looked at is the only chance in the log. So where the model is right it is right and
scatters less; where it is wrong the clicks mend most of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
SHRINKAGE = 20.0
"""A weight ``w`` becomes ``w s / (w^2 + s)``: whole while it is small, at most ``sqrt(s) / 2``."""
LEAST_EXAMINATION = 0.05
"""Weights of clicks further down are cut there: a little bias for much less variance."""


@dataclass(frozen=True, slots=True)
class Value:
    """Clicks per list, with a 95 % confidence interval over lists."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new ranking against the one that serves, on the same lists."""

    new_ips: Value
    new_dr: Value
    gain_dr: Value
    """What the new one earns more, per list; paired."""

    @property
    def is_worse(self) -> bool:
        """Whether the whole interval of the gain lies below 0."""
        return self.gain_dr.high < 0


def places(lists: Whole, scores: Array) -> Whole:
    """The place of each row in its list when ordered by scores, the best first.

    Args:
        lists: number of the list that each row was shown in, shape (n,).
        scores: larger is better, shape (n,).
    """
    order = np.lexsort((-scores, lists))
    ordered = lists[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(ordered)])
    found = np.empty(len(lists), np.int64)
    found[order] = np.arange(len(ordered)) - np.repeat(starts, sizes)
    return found


def ips(lists: Whole, clicks: Array, shown: Whole, new: Whole, examination: Array) -> Array:
    """Inverse propensity estimate of each list's clicks under new places; shape (lists,).

    Args:
        lists: list of each row, from 0, shape (n,).
        clicks: 0 or 1, shape (n,).
        shown: the place at which the row was shown, shape (n,).
        new: the place that the new ranking gives it, shape (n,).
        examination: chance that a place is looked at, relative to the first, shape (places,).
    """
    worth = clicks * _at(examination, new) / _at(examination, shown)
    return _per_list(lists, worth)


def doubly_robust(
    lists: Whole, clicks: Array, shown: Whole, new: Whole, examination: Array, relevance: Array
) -> Array:
    """Doubly robust estimate of each list's clicks; ``relevance`` is a model's ``r``, (n,)."""
    old, then = _at(examination, shown), _at(examination, new)
    weight = then / old
    shrunk = weight * SHRINKAGE / (weight**2 + SHRINKAGE)
    return _per_list(lists, then * relevance + shrunk * (clicks - old * relevance))


def compare(
    lists: Whole,
    clicks: Array,
    shown: Whole,
    new_scores: Array,
    present_scores: Array,
    examination: Array,
    relevance: Array,
) -> Comparison:
    """Values of two rankings of the same lists; arguments as above."""
    new, present = places(lists, new_scores), places(lists, present_scores)
    of_new = doubly_robust(lists, clicks, shown, new, examination, relevance)
    of_present = doubly_robust(lists, clicks, shown, present, examination, relevance)
    return Comparison(
        value(ips(lists, clicks, shown, new, examination)),
        value(of_new),
        value(of_new - of_present),
    )


def value(per_list: Array) -> Value:
    """Mean with a normal confidence interval."""
    mean = float(per_list.mean()) if len(per_list) else 0.0
    error = float(per_list.std(ddof=1) / np.sqrt(len(per_list))) if len(per_list) > 1 else 0.0
    return Value(mean, mean - 1.96 * error, mean + 1.96 * error)


def _at(examination: Array, place: Whole) -> Array:
    held: Array = examination[np.minimum(place, len(examination) - 1)]
    return np.maximum(held, LEAST_EXAMINATION)


def _per_list(lists: Whole, worth: Array) -> Array:
    totals: Array = np.bincount(lists, weights=worth).astype(np.float64)
    return totals
