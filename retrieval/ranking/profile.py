"""A customer's tastes, built from behaviour event by event and bounded in size."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.ranking.belief import Belief
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.traits import PriceLevels, number_of, traits, weighted_keys

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF_LIFE_DAYS = 14.0
"""After this long an action counts half."""
KEYS_PER_KIND = 100
RECENT_PRODUCTS = 100
TRAIL = 10
ACTIONS = 20
"""Latest actions that are kept one by one."""
SAME_QUERY_DAYS = 1 / 24
"""Within this time the same query is one wish."""
PRIOR_WEIGHT = 3.0
"""A taste seen less often than this counts as uncertain: shares are shrunk towards 0 by it."""

WEIGHTS: Mapping[EventType, float] = {
    EventType.VIEW: 0.5,
    EventType.CLICK: 1.0,
    EventType.ADD_TO_CART: 2.5,
    EventType.REMOVE_FROM_CART: -2.0,
    EventType.PURCHASE: 4.0,
}
"""How much an action says about taste. An impression alone says nothing."""

ACTION_KINDS = tuple(WEIGHTS)


@dataclass(slots=True)
class _Weight:
    """A weight that halves every ``HALF_LIFE_DAYS``."""

    value: float = 0.0
    at: float = 0.0
    """Days since the epoch at which ``value`` held."""

    def now(self, day: float) -> float:
        return float(self.value * 2.0 ** (-max(0.0, day - self.at) / HALF_LIFE_DAYS))

    def add(self, value: float, day: float) -> None:
        if day >= self.at:
            self.value, self.at = self.now(day) + value, day
        else:  # an event that comes in late
            self.value += value * 2.0 ** (-(self.at - day) / HALF_LIFE_DAYS)


@dataclass(slots=True)
class Touched:
    """What a customer did with one product."""

    shown: int = 0
    clicked: int = 0
    carted: int = 0
    purchased: int = 0
    last: float = 0.0


@dataclass(slots=True)
class CustomerProfile:
    """Tastes of one customer; without events it says nothing and favours nothing."""

    customer_id: str | None = None
    actions: int = 0
    """Events that say something about taste: everything but impressions."""
    tastes: dict[str, dict[str, _Weight]] = field(default_factory=dict)
    """Kind (``category``, ``brand``, ``attribute:<name>``) → key → weight."""
    totals: dict[str, _Weight] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Kind → key → times looked at, undecayed: what a reason may say."""
    products: "OrderedDict[str, Touched]" = field(default_factory=OrderedDict)
    """By product id, the most recent last; at most ``RECENT_PRODUCTS``."""
    trail: deque[str] = field(default_factory=lambda: deque(maxlen=TRAIL))
    """Categories of the latest actions, the most recent last."""
    belief: Belief | None = None
    """What the customer likes, learnt from what was passed over too; made by the first event."""
    latest: deque[tuple[str, EventType]] = field(default_factory=lambda: deque(maxlen=ACTIONS))
    """Product and kind of the latest actions, the most recent last."""
    day: float = 0.0
    """Days since the epoch of the latest event."""
    _price_sum: _Weight = field(default_factory=_Weight)
    _price_weight: _Weight = field(default_factory=_Weight)
    _met: deque[tuple[str, str, datetime]] = field(default_factory=lambda: deque(maxlen=64))
    _wish: tuple[str, float] = ("", 0.0)
    _known: "tuple[int, _Known]" = field(default_factory=lambda: (0, _Known()))
    """Tastes as arrays, and the number of actions they were made after."""

    def apply(
        self, event: Event, product: Product, levels: PriceLevels, opinion: Opinion | None = None
    ) -> None:
        """Learns from one event. The very same event a second time changes nothing."""
        identity = (event.type.value, event.product_id, event.at)
        if identity in self._met:
            return
        self._met.append(identity)
        day = day_of(event.at)
        self.day = max(self.day, day)
        self._touch(event, day)
        if opinion is not None:
            self._believe(event, product, opinion, day)
        weight = WEIGHTS.get(event.type)
        if weight is None:
            return
        self.actions += 1
        self.latest.append((product.id, event.type))
        counted = event.type in (EventType.VIEW, EventType.CLICK)
        own = traits(product)
        if own.categories:
            self.trail.append(own.categories[-1])
        found = list(weighted_keys(own))
        for kind, key, share in found:
            self._prefer(kind, key, weight * share, day, int(counted))
        for kind in {kind for kind, _, _ in found}:
            self.totals.setdefault(kind, _Weight()).add(max(weight, 0.0), day)
        if weight > 0:
            self._price_sum.add(weight * levels.level(product), day)
            self._price_weight.add(weight, day)

    def _believe(self, event: Event, product: Product, opinion: Opinion, day: float) -> None:
        belief = self.belief
        if belief is None:
            belief = self.belief = opinion.customer()
        belief.age(day)
        if event.query:
            query, when = self._wish
            if query != event.query or abs(day - when) > SAME_QUERY_DAYS:
                opinion.teach_wish(belief, event.query, product)
            self._wish = (event.query, day)
        opinion.teach(belief, event, product)

    def _prefer(self, kind: str, key: str, weight: float, day: float, counted: int) -> None:
        tastes = self.tastes.setdefault(kind, {})
        tastes.setdefault(key, _Weight()).add(weight, day)
        counts = self.counts.setdefault(kind, {})
        counts[key] = counts.get(key, 0) + counted
        if len(tastes) > KEYS_PER_KIND:
            weakest = min(tastes, key=lambda k: (tastes[k].now(day), k != key))
            del tastes[weakest]
            counts.pop(weakest, None)

    def _touch(self, event: Event, day: float) -> None:
        touched = self.products.setdefault(event.product_id, Touched())
        touched.shown += event.type is EventType.IMPRESSION
        touched.clicked += event.type in (EventType.CLICK, EventType.VIEW)
        touched.carted += event.type is EventType.ADD_TO_CART
        touched.purchased += event.type is EventType.PURCHASE
        touched.last = max(touched.last, day)
        self.products.move_to_end(event.product_id)
        while len(self.products) > RECENT_PRODUCTS:
            # What was only shown is forgotten before what was acted on.
            idle = (key for key, t in self.products.items() if not (t.clicked or t.purchased))
            del self.products[next(idle, next(iter(self.products)))]

    # What ranking asks

    def taste(self, kind: str, key: str, day: float) -> float:
        """The share of this key among the customer's tastes of its kind, in [-1, 1]."""
        weight = self.tastes.get(kind, {}).get(key)
        if weight is None:
            return 0.0
        share = weight.now(day) / (self.totals[kind].now(day) + PRIOR_WEIGHT)
        return max(-1.0, min(1.0, share))

    def shares(self, day: float) -> "Shares":
        """All tastes as ``taste`` gives them, to be looked up by their traits' numbers."""
        then, known = self._known
        if then != self.actions:
            known = _Known.of(self)
            self._known = (self.actions, known)
        return known.at(day)

    def certainty(self, kind: str, day: float) -> float:
        """How much is known about tastes of a kind, in [0, 1)."""
        total = self.totals.get(kind)
        known = total.now(day) if total else 0.0
        return known / (known + PRIOR_WEIGHT)

    def price_level(self, day: float) -> float | None:
        """The mean price level of what the customer acted on; ``None`` where nothing is known."""
        weight = self._price_weight.now(day)
        return None if weight <= 0 else self._price_sum.now(day) / weight

    def recent(self, limit: int = 10) -> list[str]:
        """Product ids clicked, carted or bought, the latest first."""
        touched = list(self.products.items())  # a copy: another thread may add to it
        acted = [key for key, t in touched if t.clicked or t.carted or t.purchased]
        return acted[::-1][:limit]

    def count(self, kind: str, key: str) -> int:
        """How often the customer looked at something with this trait."""
        return self.counts.get(kind, {}).get(key, 0)


_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Shares:
    """Tastes on one day, by the numbers of traits in rising order."""

    numbers: Ints
    shares: Floats
    kinds: Ints
    """The numbers of the kinds of which anything is known."""

    def of(self, numbers: Ints) -> Floats:
        """The share of each trait, 0 where it was never met."""
        if not len(self.numbers):
            return np.zeros(numbers.shape)
        place = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return np.where(self.numbers[place] == numbers, self.shares[place], 0.0)

    def knows(self, kinds: Ints) -> NDArray[np.bool_]:
        """Whether anything of a kind was ever met."""
        found: NDArray[np.bool_] = np.isin(kinds, self.kinds)
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    """Weights of tastes as of ``day``, and the totals of their kinds."""

    day: float = 0.0
    numbers: Ints = field(default_factory=lambda: _NONE)
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    totals: Floats = field(default_factory=lambda: np.zeros(0))
    kinds: Ints = field(default_factory=lambda: _NONE)

    @classmethod
    def of(cls, profile: CustomerProfile) -> "_Known":
        day, rows = profile.day, []
        for kind, tastes in list(profile.tastes.items()):
            total = profile.totals[kind].now(day)
            held = list(tastes.items())  # a copy: another thread may add to it
            rows += [(number_of(kind, key), weight.now(day), total) for key, weight in held]
        rows.sort()
        numbers, weights, totals = zip(*rows, strict=True) if rows else ((), (), ())
        kinds = [number_of(kind) for kind in list(profile.tastes)]
        return cls(
            day,
            np.array(numbers, np.int64),
            np.array(weights, np.float64),
            np.array(totals, np.float64),
            np.array(kinds, np.int64),
        )

    def at(self, day: float) -> Shares:
        # All weights halve at the same pace, so that what was read on one day serves on all.
        kept = 2.0 ** (-max(0.0, day - self.day) / HALF_LIFE_DAYS)
        shares = self.weights * kept / (self.totals * kept + PRIOR_WEIGHT)
        return Shares(self.numbers, np.clip(shares, -1.0, 1.0), self.kinds)


def day_of(moment: datetime) -> float:
    """Days since the epoch, with fraction."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp() / 86_400
