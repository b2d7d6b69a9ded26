"""How often products are clicked and bought: decayed, smoothed, and free of position bias."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.events.event import Event, EventType
from retrieval.ranking.profile import day_of

Floats = NDArray[np.float64]

HALF_LIFE_DAYS = 14.0
RECENT = timedelta(days=30)
POSITIONS = 50
"""Positions told apart; all below share the last one's propensity."""
_SEEN_PRIOR = 50.0
_LEAST_PROPENSITY = 0.05
_CLICK_STRENGTH = 20.0
_PURCHASE_STRENGTH = 50.0
_REFIT_EVERY = 5000


class EventLog(Protocol):
    def after(self, sequence: int, limit: int = 10_000) -> list[tuple[int, Event]]: ...


@dataclass(slots=True)
class Tally:
    """Decayed counts. ``exposure`` is impressions, each worth its position's propensity."""

    exposure: float = 0.0
    clicks: float = 0.0
    carts: float = 0.0
    purchases: float = 0.0
    day: float = 0.0

    def decay(self, day: float) -> None:
        if day > self.day:
            factor = 2.0 ** (-(day - self.day) / HALF_LIFE_DAYS)
            self.exposure *= factor
            self.clicks *= factor
            self.carts *= factor
            self.purchases *= factor
            self.day = day

    def at(self, day: float) -> "Tally":
        now = Tally(self.exposure, self.clicks, self.carts, self.purchases, self.day)
        now.decay(day)
        return now


class Standing(NamedTuple):
    """One product's popularity as of a day; every figure is 0 where nothing is known.

    ``click_lift`` and ``purchase_lift`` are natural logs of the smoothed rates to the rates of the
    whole shop, ``volume`` is log(1 + decayed actions), relative to the shop's mean.
    """

    click_lift: float
    purchase_lift: float
    volume: float
    exposure: float


@dataclass(slots=True)
class PositionBias:
    """How likely a place in a list is looked at, relative to the first one.

    Estimated from click rates by position, made to fall monotonically: the simple estimate of
    Joachims et al. (2017, "Unbiased learning-to-rank with biased feedback"), which holds as far as
    better products are not always shown first.
    """

    shown: Counter[int] = field(default_factory=Counter)
    clicked: Counter[int] = field(default_factory=Counter)
    propensities: list[float] = field(default_factory=lambda: [1.0] * POSITIONS)
    _since_fit: int = 0

    def add(self, event: Event) -> None:
        if event.position is None:
            return
        place = min(event.position, POSITIONS - 1)
        if event.type is EventType.CLICK:
            self.clicked[place] += 1
        elif event.type is EventType.IMPRESSION:
            self.shown[place] += 1
            self._since_fit += 1
            if self._since_fit >= _REFIT_EVERY:
                self.fit()

    def fit(self) -> None:
        """Reads the propensities off the counts so far."""
        self._since_fit = 0
        overall = self.clicked.total() / max(1, self.shown.total())
        if not overall:
            return
        rates = [
            (self.clicked[place] + _SEEN_PRIOR * overall) / (self.shown[place] + _SEEN_PRIOR)
            for place in range(POSITIONS)
        ]
        first = max(rates[0], overall)
        lowest = 1.0
        for place, rate in enumerate(rates):
            lowest = min(lowest, max(_LEAST_PROPENSITY, rate / first))
            self.propensities[place] = lowest

    def propensity(self, position: int | None) -> float:
        return 1.0 if position is None else self.propensities[min(position, POSITIONS - 1)]


class Popularity:
    """Statistics by product, learnt from events in the order of arrival."""

    def __init__(self) -> None:
        self.bias = PositionBias()
        self.sequence = 0
        """The number of the last event read from the log."""
        self._products: dict[str, Tally] = {}
        self._shop = Tally()
        self._bought: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def observe(self, events: Iterable[Event]) -> None:
        """Learns from events."""
        with self._lock:
            for event in events:
                self._count(event)

    def refresh(self, log: EventLog) -> int:
        """Reads what was logged since the last refresh, by this process or another; how many."""
        read = 0
        while found := log.after(self.sequence):
            self.observe(event for _, event in found)
            self.sequence = found[-1][0]
            read += len(found)
        self.bias.fit()
        return read

    def _count(self, event: Event) -> None:
        day = day_of(event.at)
        self.bias.add(event)
        for tally in (self._products.setdefault(event.product_id, Tally()), self._shop):
            tally.decay(day)
            if event.type is EventType.IMPRESSION:
                tally.exposure += self.bias.propensity(event.position)
            elif event.type is EventType.CLICK:
                tally.clicks += 1
            elif event.type is EventType.ADD_TO_CART:
                tally.carts += 1
            elif event.type is EventType.PURCHASE:
                tally.purchases += 1
        if event.type is EventType.PURCHASE:
            times = self._bought.setdefault(event.product_id, deque())
            times.append(event.at)
            while times and times[0] < event.at - RECENT:
                times.popleft()

    def standings(self, product_ids: Sequence[str], day: float) -> Mapping[str, Standing]:
        """Popularity of products as of a day, by id; every id asked for is there."""
        figures = self.figures(product_ids, day).tolist()
        return {key: Standing(*row) for key, row in zip(product_ids, figures, strict=True)}

    def figures(self, product_ids: Sequence[str], day: float) -> Floats:
        """The same as an array of shape (products, 4), columns as in ``Standing``."""
        with self._lock:
            shop = self._shop.at(day)
            known = max(1, len(self._products))
            tallies = [self._products.get(key, _NOTHING) for key in product_ids]
            held = chain.from_iterable(
                [(t.exposure, t.clicks, t.purchases, t.day) for t in tallies]
            )
            table = np.fromiter(held, np.float64, 4 * len(tallies)).reshape(-1, 4)
        age = np.maximum(day - table[:, 3], 0.0)
        exposure, clicks, purchases = table[:, :3].T * 2.0 ** (-age / HALF_LIFE_DAYS)
        mean = (shop.clicks + shop.purchases) / known
        click_rate = (shop.clicks + 1) / (shop.exposure + 20)
        purchase_rate = (shop.purchases + 1) / (shop.clicks + 20)
        return np.stack(
            [
                _lift(clicks, exposure, click_rate, _CLICK_STRENGTH),
                _lift(purchases, clicks, purchase_rate, _PURCHASE_STRENGTH),
                np.log((1 + clicks + purchases) / (1 + mean)),
                np.log1p(exposure),
            ],
            axis=1,
        )

    def bought_recently(self, product_id: str, now: datetime) -> int:
        """Purchases in the 30 days before ``now``: a plain count, fit to be told."""
        with self._lock:
            times = self._bought.get(product_id, ())
            return sum(now - RECENT <= at <= now for at in times)


_NOTHING = Tally()


def _lift(part: Floats, whole: Floats, prior: float, strength: float) -> Floats:
    # Clicks without a logged impression would push the rate above 1.
    rate = (part + strength * prior) / (np.maximum(whole, part) + strength)
    lift: Floats = np.log(rate / prior)
    return lift
