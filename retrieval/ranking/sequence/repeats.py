"""How likely a customer takes again what they had: from how often, how lately, and what it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repeats:
    """A logistic function, learnt from what customers took again.

    Attributes:
        weights: (features,) of what ``features`` gives.
        again: (items,) log-odds of customers who had the item more than once.
        popularity: (items,) logarithm of each item's share of events.
    """

    weights: Floats
    again: Floats
    popularity: Floats

    def scores(self, items: Whole, steps: Whole, days: Floats) -> tuple[Whole, Floats]:
        """The items of a past, once each, and the root of how likely each is in the next moment.

        The root keeps the likely few from drowning all other signals when they are added up.
        """
        own, found = features(items, steps, days, self.again, self.popularity)
        odds = found @ self.weights
        return own, np.sqrt(1 / (1 + np.exp(-odds))).astype(np.float32)

    def grown(self, items: int) -> "Repeats":
        """The same with more items, ``items`` in all, which nobody had yet."""
        more = items - len(self.again)
        return Repeats(
            self.weights,
            np.append(self.again, np.full(more, self.again.mean(), dtype=np.float32)),
            np.append(self.popularity, np.full(more, self.popularity.min())),
        )


def features(
    items: Whole, steps: Whole, days: Floats, again: Floats, popularity: Floats
) -> tuple[Whole, Floats]:
    """The items of a past, once each, and (items, features) that tell whether each comes again.

    Args:
        items: (events,) numbers of items, oldest first.
        steps: (events,) number of each event's moment, ascending.
        days: (events,) how long before the last event each was.
        again: (all items,) as in ``Repeats``.
        popularity: (all items,) as in ``Repeats``.
    """
    own, place = np.unique(items, return_inverse=True)
    pairs = np.unique(np.stack([place, steps]), axis=1)
    times = np.log(np.bincount(pairs[0], minlength=len(own)))
    last = np.zeros(len(own), dtype=np.int64)
    last[place] = np.arange(len(items))  # the latest is written last
    moments = np.log1p(steps[-1] - steps[last])
    age = np.log1p(np.maximum(days[last], 0))
    known = np.full(len(own), np.log1p(steps[-1] - steps[0]))
    columns = [np.ones(len(own)), times, times**2, moments, age, age**2, known]
    found = np.stack([*columns, again[own], popularity[own]], axis=1)
    return own, found.astype(np.float32)
