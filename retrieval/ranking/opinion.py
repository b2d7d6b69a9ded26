"""What the shop's customers together prefer, and what one of them prefers beyond that.

The log-odds of a click, once a place in the list was looked at, are the sum of what the shop thinks
of the product, its brand, category and price, and of what the customer thinks of its traits. Both
are learnt online from every product shown, passed over, clicked, carted and bought. That a place
was looked at is a factor of its own (the examination hypothesis, Richardson et al. 2007), estimated
from clicks against what the products themselves make likely (Wang et al. 2018, "Position bias
estimation for unbiased learning to rank in personal search").
"""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np

from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.ranking.belief import OTHER_VARIANCE, VARIANCES, Belief, Key
from retrieval.ranking.look import (
    KNOTS,
    LEAST_VARIANCE,
    WIDTH,
    Floats,
    Groups,
    Look,
    Parts,
    price_parts,
    read_look,
)
from retrieval.ranking.query import Fit, QueryReader
from retrieval.ranking.traits import PriceLevels

POSITIONS = 50
CUSTOMER_KEYS = 1000
"""Weights kept of one customer."""
FIRST_READ = 100_000
_BASE = -2.0
_LEAST_EXAMINATION = 0.05
_EXAMINED_PRIOR = 20.0
_TEMPERATURE = 0.5
"""Naming a value is a choice among those that the category has: a softmax of this temperature."""
_SIBLINGS = 60
"""Values of one kind that are remembered of a category."""
_BELOW_BUDGET = 0.14
"""A budget is named about this far above the price rank that is liked."""
_VIEW_SHARE = 0.5
_SHARPNESS = 3.0
"""How nearly of several values it is the one liked best that counts."""
_NOTHING = (0.0, 0.0)
_NO_FIT = Fit()


class Liking(NamedTuple):
    """A customer's own part of the log-odds, by what it is about; 0 for a stranger."""

    brand: float = 0.0
    category: float = 0.0
    price: float = 0.0
    attribute: float = 0.0
    doubt: float = 0.0
    """Standard deviation of their sum."""

    @property
    def total(self) -> float:
        return sum(self[:-1])


class Products(Protocol):
    def get_many(self, product_ids: Collection[str]) -> Mapping[str, Product]: ...


class EventLog(Protocol):
    def last_sequence(self) -> int: ...

    def after(self, sequence: int, limit: int = 10_000) -> list[tuple[int, Event]]: ...


class Opinion:
    """The shop's belief, and how beliefs of customers are read and taught."""

    def __init__(self, levels: PriceLevels, priors: Mapping[str, float] | None = None) -> None:
        """``priors``: prior variances by kind, as training estimated them for this shop."""
        self.levels = levels
        self.priors = {**VARIANCES, **(priors or {})}
        self.shop = Belief(self.priors)
        self.queries = QueryReader(levels)
        self.sequence = 0
        """The number of the last event read from the log."""
        self._clicks = [0.0] * POSITIONS
        self._merit = [0.0] * POSITIONS
        self._looks: dict[str, Look] = {}
        self._siblings: dict[tuple[Key, str], dict[Key, None]] = {}
        """By category and kind of trait, the values met there."""
        self._facets: object = levels.facets
        self._lock = Lock()

    def customer(self) -> Belief:
        """What is believed of a customer before the first event."""
        return Belief(self.priors, CUSTOMER_KEYS)

    def examination(self, position: int | None) -> float:
        """The chance that a place is looked at, relative to the first; 1 where it is unknown."""
        if not position:
            return 1.0
        place = min(position, POSITIONS - 1)
        first = (self._clicks[0] + _EXAMINED_PRIOR) / (self._merit[0] + _EXAMINED_PRIOR)
        # Drawn to the usual decline of attention (Craswell et al. 2008) where little is known.
        prior = float((1 + place) ** -0.5) * _EXAMINED_PRIOR * first
        own = (self._clicks[place] + prior) / (self._merit[place] + _EXAMINED_PRIOR)
        return min(1.0, max(_LEAST_EXAMINATION, own / first))

    def look(self, product: Product) -> Look:
        """The product's keys; remembered."""
        if self._facets is not self.levels.facets:
            self._facets, self._looks = self.levels.facets, {}
        known = self._looks.get(product.id)
        if known is None or known.product is not product:
            if len(self._looks) > 20_000:
                self._looks.clear()
            known = self._looks[product.id] = read_look(product, self.levels, self.priors)
        return known

    def of_shop(self, looks: Sequence[Look], shares: Floats) -> Floats:
        """What the shop thinks of products themselves, and of their brand, category and price.

        ``shares`` are those of the looks, (n, WIDTH). Shape (n, 2).
        """
        weights = self.shop.weights
        own = [weights.get(("product", look.product.id), _NOTHING)[0] for look in looks]
        held = [weights.get(key, _NOTHING)[0] for look in looks for key in look.keys]
        parts = shares * np.array(held).reshape(-1, WIDTH)
        return np.stack([np.array(own), parts.sum(axis=1)], axis=1)

    def of_customer(self, look: Look, belief: Belief | None) -> Liking:
        """What a customer thinks of a product beyond that."""
        return Liking(*self.of_customers([look], look.shares[None], belief)[0].tolist())

    def of_customers(self, looks: Sequence[Look], shares: Floats, belief: Belief | None) -> Floats:
        """The same of several; columns as in ``Liking``, ``shares`` as in ``of_shop``."""
        found = np.zeros((len(looks), len(Liking._fields)))
        if belief is None or not belief.weights:
            return found
        means, variances = _held(belief, [key for look in looks for key in look.keys])
        parts = shares * means.reshape(-1, WIDTH)
        found[:, 0] = parts[:, 0]
        found[:, 1] = parts[:, 1] + parts[:, 2]
        found[:, 2] = parts[:, 3] + parts[:, 4]
        spread = (shares**2 * variances.reshape(-1, WIDTH)).sum(axis=1)
        sizes = [len(values) for look in looks for values in look.attributes]
        if sizes:
            # Of each attribute nearly all of it is the value liked best.
            groups = Groups.of_sizes(np.array(sizes), [len(look.attributes) for look in looks])
            values = [key for look in looks for held in look.attributes for key in held]
            means, variances = _held(belief, values)
            top = np.maximum.reduceat(means, groups.first)[groups.of]
            strengths = np.exp(_SHARPNESS * (means - top))
            own = strengths / np.add.reduceat(strengths, groups.first)[groups.of]
            row = groups.row[groups.of]
            found[:, 3] = np.bincount(row, own * means, len(looks))
            spread += np.bincount(row, own**2 * variances, len(looks))
        found[:, 4] = np.sqrt(spread)
        return found

    def surprise(self, event: Event, product: Product) -> tuple[float, float]:
        """Gradient and curvature of an impression or click in the log-odds of a liking, by what the
        shop knew before it."""
        look, fit = self.look(product), self.queries.fit(event.query, product)
        return self._surprise(event, self.shop.total((*_shop_parts(look), *_answer(fit, look))))

    def answer(self, fit: Fit, product: Product, belief: Belief | None = None) -> float:
        """What of the log-odds of a click is owed to how a product answers a customer's query."""
        parts = _answer(fit, self.look(product))
        return self.shop.total(parts) + (belief.total(parts) if belief else 0.0)

    def observe(self, event: Event, product: Product) -> None:
        """Teaches the shop's belief."""
        with self._lock:
            if event.type is EventType.IMPRESSION:
                self.queries.meet(event.query, product)
            look, fit = self.look(product), self.queries.fit(event.query, product)
            parts = (*_shop_parts(look), *_answer(fit, look))
            if event.type is EventType.IMPRESSION:
                self._merit[min(event.position or 0, POSITIONS - 1)] += _sigmoid(
                    _BASE + self.shop.total((*parts, _CLICK))
                )
            elif event.type is EventType.CLICK and event.position is not None:
                self._clicks[min(event.position, POSITIONS - 1)] += 1
            self._teach(self.shop, parts, event, parts, of_shop=True)
            self._meet(look)

    def teach(self, belief: Belief, event: Event, product: Product) -> None:
        """Teaches the belief of the customer whose event it is."""
        look, fit = self.look(product), self.queries.fit(event.query, product)
        own = [*look.parts]
        for values in look.attributes:
            own += _best(values, belief)
        answer = _answer(fit, look)
        own += [part for part in answer if part[0][0] == "hint"]
        shop = (*_shop_parts(look), *answer)
        self._teach(belief, tuple(own), event, shop, of_shop=False)

    def teach_wish(self, belief: Belief, query: str, product: Product) -> None:
        """Whoever asks for a brand, colour or price likes it; once for each query.

        ``product`` is one that was shown: its category gives the price asked for its meaning.
        """
        asked, category = self.queries.read(query), self.look(product).category
        for names in self.queries.values(asked, product):
            for key in names:
                if self.priors.get(key[0], OTHER_VARIANCE) >= LEAST_VARIANCE:
                    others = self._siblings.get((category[-1][0], key[0]), {}) if category else {}
                    _choose(belief, [*others], {key: 1.0})
        if asked.budget is not None and self.queries.fit(query, product).budget:
            rank = max(0.0, self.levels.rank(product, asked.budget) - _BELOW_BUDGET)
            _choose(belief, KNOTS, dict(price_parts(rank)))

    def refresh(self, log: EventLog, products: Products) -> int:
        """Reads what was logged since the last refresh; how many events.

        The first time only the latest ``FIRST_READ``: what is older says little more.
        """
        read = 0
        if not self.sequence:
            self.sequence = max(0, log.last_sequence() - FIRST_READ)
        known: dict[str, Product] = {}
        while found := log.after(self.sequence):
            new = {event.product_id for _, event in found} - known.keys()
            known.update(products.get_many(new))
            for _, event in found:
                product = known.get(event.product_id)
                if product is not None:
                    self.observe(event, product)
            self.sequence = found[-1][0]
            read += len(found)
        return read

    def _meet(self, look: Look) -> None:
        if not look.category:
            return
        place = look.category[-1][0]
        for keys in (tuple(key for key, _ in look.brand), *look.attributes):
            for key in keys:
                known = self._siblings.setdefault((place, key[0]), {})
                if len(known) < _SIBLINGS:
                    known[key] = None

    def _surprise(self, event: Event, base: float) -> tuple[float, float]:
        likes = _sigmoid(_BASE + base + self.shop.total((_CLICK,)))
        if event.type is EventType.VIEW:
            return _VIEW_SHARE * (1 - likes), 0.0
        # Not knowing its place, a click takes back no expectation.
        seen = event.type is EventType.IMPRESSION or event.position is not None
        chance = likes * self.examination(event.position) * seen
        gradient = (1 - likes) / (1 - chance)
        if event.type is EventType.CLICK:
            return gradient, 0.0
        return -chance * gradient, chance * gradient * (1 - likes)

    def _teach(self, belief: Belief, own: Parts, event: Event, shop: Parts, of_shop: bool) -> None:
        """Teaches ``own`` an event whose log-odds are of ``shop``, and of ``own`` for a customer.

        A click says more than that it came: it was expected to some degree when the product was
        shown, and now a place in the cart is. What follows takes back that expectation.
        """
        base = self.shop.total(shop) + (0.0 if of_shop else belief.total(own))

        def learn(stage: tuple[Key, float], gradient: float, curvature: float = 0.0) -> None:
            belief.learn((*own, stage) if of_shop else own, gradient, curvature)

        def expect(stage: tuple[Key, float]) -> None:
            chance = _sigmoid(base + self.shop.total((stage,)))
            learn(stage, -chance, chance * (1 - chance))

        if event.type in (EventType.IMPRESSION, EventType.CLICK, EventType.VIEW):
            gradient, curvature = self._surprise(event, base)
            learn(_CLICK, gradient, curvature)
            if event.type is EventType.CLICK:
                expect(_CART)
        elif event.type is EventType.ADD_TO_CART:
            learn(_CART, 1.0)
            expect(_BUY)
        elif event.type is EventType.REMOVE_FROM_CART:
            learn(_CART, -1.0)
        else:
            learn(_BUY, 1.0)


_CLICK: tuple[Key, float] = (("stage", "click"), 1.0)
_CART: tuple[Key, float] = (("stage", "cart"), 1.0)
_BUY: tuple[Key, float] = (("stage", "purchase"), 1.0)


def _choose(belief: Belief, among: list[Key], chosen: Mapping[Key, float]) -> None:
    """Teaches that some of these were named and the others not."""
    keys = list(dict.fromkeys([*among, *chosen]))
    strengths = [math.exp(belief.mean(key) / _TEMPERATURE) for key in keys]
    total = sum(strengths)
    for key, strength in zip(keys, strengths, strict=True):
        chance = strength / total
        gradient = (chosen.get(key, 0.0) - chance) / _TEMPERATURE
        belief.learn([(key, 1.0)], gradient, chance * (1 - chance) / _TEMPERATURE**2)


def _shop_parts(look: Look) -> Parts:
    return ((("product", look.product.id), 1.0), *look.parts)


def _answer(fit: Fit, look: Look) -> Parts:
    """What of a click is owed to the query."""
    if fit == _NO_FIT:
        return ()
    if fit.kind < 0:  # what else was asked for matters no more
        return ((("asked", "kind-"), 1.0),)
    parts = [(("asked", f"kind{fit.kind:+.0f}"), 1.0)]
    parts.append((("asked", f"words{round(2 * fit.match)}"), 1.0))
    if fit.budget:
        parts.append((("asked", f"budget{fit.budget:+.0f}"), 1.0))
    for kind, met in fit.named:
        parts.append((("asked", f"{kind}{'+' if met else '-'}"), 1.0))
    for word in fit.loose:  # "cheap" is about the price: which one, customers' clicks tell
        parts += [(("hint", f"{word}@{knot}"), share) for (_, knot), share in look.price]
    return tuple(parts)


def _best(values: tuple[Key, ...], belief: Belief) -> list[tuple[Key, float]]:
    """Shares of the values of one attribute: nearly all of it is the one liked best."""
    if len(values) == 1:
        return [(values[0], 1.0)]
    weights = belief.weights
    means = [weights[key][0] if key in weights else 0.0 for key in values]
    top = max(means)
    shares = [math.exp(_SHARPNESS * (mean - top)) for mean in means]
    total = sum(shares)
    return [(key, share / total) for key, share in zip(values, shares, strict=True)]


def _held(belief: Belief, keys: Sequence[Key]) -> tuple[Floats, Floats]:
    """Means and variances of weights."""
    get, prior = belief.weights.get, belief.prior
    found = chain.from_iterable([get(key) or prior(key) for key in keys])
    table = np.fromiter(found, np.float64, 2 * len(keys)).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, x))))
