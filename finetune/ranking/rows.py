"""Training rows from logged behaviour, with nothing in them from after the moment they describe.

The log is played through once in the order of time. At each impression the features are computed
from profiles and statistics as they stood then; only afterwards do these learn of the impression.
What the customer did next is looked up for the labels alone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.ranking.tastes import estimate_variances
from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.ranking.features import BEHAVIOUR, TRAINING_ONLY, Offers, Reputation, behaviour_of
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import ACTION_KINDS, ACTIONS, CustomerProfile, day_of
from retrieval.ranking.traits import PriceLevels
from retrieval.reviews.review import Review
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.event_store import EventStore
from retrieval.store.review_store import ReviewStore

CLICK_WITHIN = timedelta(minutes=30)
PURCHASE_WITHIN = timedelta(days=1)
COLUMNS = [*BEHAVIOUR, *TRAINING_ONLY]
PRIORS_SHARE = 0.6
"""The share of events, the oldest, by which it is estimated how much tastes differ."""
STRANGER_SHARE = 5
"""Every so many rows one is repeated without a profile, so that the model knows strangers too."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the rows refer to by number."""

    products: list[str]
    queries: list[str]
    """Distinct queries; the first is the empty one."""
    priors: dict[str, float]
    """How much tastes differ by kind of trait, where it was estimated."""


@dataclass(slots=True)
class Rows:
    """Impressions in the order of time; all arrays have the same length n."""

    features: NDArray[np.float64]
    """Shape ``(n, len(COLUMNS))``."""
    clicked: NDArray[np.float64]
    carted: NDArray[np.float64]
    purchased: NDArray[np.float64]
    day: NDArray[np.float64]
    customers: NDArray[np.str_]
    item: NDArray[np.int32]
    """The product shown, by place in the vocabulary."""
    query: NDArray[np.int32]
    """By place in the vocabulary; 0 where there was none."""
    history: NDArray[np.int32]
    """Shape ``(n, ACTIONS)``: products of the customer's latest actions as of then, the most recent
    first; -1 where there are fewer."""
    actions: NDArray[np.int8]
    """Shape ``(n, ACTIONS)``: the kinds of these actions, by place in ``ACTION_KINDS``."""
    stranger: NDArray[np.bool_]
    """Rows repeated without a profile; for training only."""
    source: NDArray[np.int64]
    """The impression's place among the events given."""
    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.clicked)

    def where(self, mask: NDArray[np.bool_]) -> "Rows":
        """The rows that ``mask`` marks."""
        kept: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        vocabulary = kept.pop("vocabulary")
        return Rows(**{k: v[mask] for k, v in kept.items()}, vocabulary=vocabulary)

    @property
    def products(self) -> list[str]:
        """The ids of the products shown."""
        return [self.vocabulary.products[item] for item in self.item]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows by time; between the parts lies the time that labels look ahead."""

    train: Rows
    valid: Rows
    test: Rows


def read_rows(sessions: Sessions) -> Rows:
    """Rows from everything that a shop's database holds."""
    products = {product.id: product for product in CatalogStore(sessions).scan()}
    events = list(EventStore(sessions).scan())
    reviews = ReviewStore(sessions).scan()
    return make_rows(events, products, reviews, early_priors(events, products))


def early_priors(events: Sequence[Event], products: Mapping[str, Product]) -> dict[str, float]:
    """How much tastes differ, from the part of the time that is trained on."""
    if not events:
        return {}
    times = np.sort([event.at.timestamp() for event in events])
    end = times[int(PRIORS_SHARE * (len(times) - 1))]
    early = [event for event in events if event.at.timestamp() <= end]
    return estimate_variances(sorted(early, key=lambda event: event.at), products)


def make_rows(
    events: Iterable[Event],
    products: Mapping[str, Product],
    reviews: Iterable[Review] = (),
    priors: Mapping[str, float] | None = None,
) -> Rows:
    """One row for each impression of a known product. Events may come in any order.

    ``priors``: how much customers' tastes differ by kind of trait, see ``early_priors``.
    """
    given = list(events)
    order = [i for i, event in enumerate(given) if event.product_id in products]
    order.sort(key=lambda i: given[i].at)
    play = _Play(products, [given[i] for i in order], reviews, priors or {})
    for _, together in groupby(order, key=lambda i: _moment(given[i])):
        play.take([(i, given[i]) for i in together])
    return play.rows()


def _moment(event: Event) -> tuple[str, datetime, bool]:
    return event.customer_id, event.at, event.type is EventType.IMPRESSION


class _Play:
    """Plays a log through: rows from impressions, then what they and all else teach."""

    def __init__(
        self,
        products: Mapping[str, Product],
        log: Sequence[Event],
        reviews: Iterable[Review],
        priors: Mapping[str, float],
    ) -> None:
        self._products = products
        self._labels, self._stars = _Labels(log), _Stars(reviews)
        self._opinion = Opinion(PriceLevels.observe(products.values()), priors)
        self._popularity = Popularity()
        self._profiles: dict[str, CustomerProfile] = {}
        self._places: dict[str, int] = {}
        self._queries: dict[str, int] = {"": 0}
        self._priors = dict(priors)
        self._features: list[NDArray[np.float64]] = []
        self._met = 0
        self._outcomes: list[tuple[bool, bool, bool, float]] = []
        self._numbers: list[tuple[int, int, int, bool]] = []
        self._histories: list[list[tuple[int, int]]] = []
        self._customers: list[str] = []

    def take(self, together: Sequence[tuple[int, Event]]) -> None:
        """Events of one customer and moment: a list is judged before any of it was seen."""
        shown = [(i, event) for i, event in together if event.type is EventType.IMPRESSION]
        if shown:
            self._show(shown)
        for _, event in together:
            product = self._products[event.product_id]
            profile = self._profile(event.customer_id)
            profile.apply(event, product, self._opinion.levels, self._opinion)
            self._popularity.observe([event])
            self._opinion.observe(event, product)

    def rows(self) -> Rows:
        count = len(self._outcomes)
        outcomes = np.array(self._outcomes, dtype=np.float64).reshape(count, 4)
        numbers = np.array(self._numbers, dtype=np.int64).reshape(count, 4)
        history = np.full((count, ACTIONS, 2), -1, dtype=np.int32)
        for row, found in enumerate(self._histories):
            if found:
                history[row, : len(found)] = found
        return Rows(
            features=np.concatenate(self._features or [np.zeros((0, len(COLUMNS)))]),
            clicked=outcomes[:, 0],
            carted=outcomes[:, 1],
            purchased=outcomes[:, 2],
            day=outcomes[:, 3],
            customers=np.array(self._customers, dtype=np.str_),
            item=numbers[:, 1].astype(np.int32),
            query=numbers[:, 2].astype(np.int32),
            history=history[:, :, 0],
            actions=history[:, :, 1].astype(np.int8),
            stranger=numbers[:, 3].astype(np.bool_),
            source=numbers[:, 0],
            vocabulary=Vocabulary(list(self._places), list(self._queries), self._priors),
        )

    def _show(self, shown: Sequence[tuple[int, Event]]) -> None:
        """Rows of one list; every ``STRANGER_SHARE``-th of them once more without a profile."""
        first = shown[0][1]
        profile, day = self._profile(first.customer_id), day_of(first.at)
        self._add(shown, profile, day, stranger=False)
        repeated = shown[-self._met % STRANGER_SHARE :: STRANGER_SHARE]
        self._met += len(shown)
        if repeated:
            self._add(repeated, CustomerProfile(), day, stranger=True)

    def _add(
        self,
        shown: Sequence[tuple[int, Event]],
        customer: CustomerProfile,
        day: float,
        stranger: bool,
    ) -> None:
        products = [self._products[event.product_id] for _, event in shown]
        for (_, event), product in zip(shown, products, strict=True):
            self._opinion.queries.meet(event.query, product)
        standings = self._popularity.figures([product.id for product in products], day)
        offers = _offers(products, [self._stars.as_of(product, day) for product in products])
        features = behaviour_of(offers, customer, standings, self._opinion, day)
        acted = [(self._place(key), ACTION_KINDS.index(kind)) for key, kind in customer.latest]
        circumstances = []
        for (index, event), product in zip(shown, products, strict=True):
            fit = self._opinion.queries.fit(event.query, product)
            place = float(event.position or 0)
            answer = self._opinion.answer(fit, product, customer.belief)
            circumstances.append([place, fit.match, fit.kind, fit.budget, fit.value, answer])
            query = self._queries.setdefault(event.query or "", len(self._queries))
            self._outcomes.append((*self._labels.of(event), day))
            self._numbers.append((index, self._place(product.id), query, stranger))
            self._histories.append(acted[::-1])
            self._customers.append(event.customer_id)
        self._features.append(np.hstack([features, circumstances]))

    def _profile(self, customer_id: str) -> CustomerProfile:
        return self._profiles.setdefault(customer_id, CustomerProfile(customer_id))

    def _place(self, product_id: str) -> int:
        return self._places.setdefault(product_id, len(self._places))


def split_by_time(rows: Rows, valid: float = 0.15, test: float = 0.2) -> Split:
    """The oldest rows to train on, then those to stop and calibrate by, the newest to judge by."""
    days = rows.day if len(rows) else np.zeros(1)
    first, last = np.quantile(days, [1 - valid - test, 1 - test])
    ahead = PURCHASE_WITHIN / timedelta(days=1)
    real = ~rows.stranger
    return Split(
        rows.where(rows.day < first - ahead),
        rows.where((rows.day >= first) & (rows.day < last - ahead) & real),
        rows.where((rows.day >= last) & real),
    )


class _Labels:
    """What customers did after an impression."""

    def __init__(self, log: Sequence[Event]) -> None:
        self._times: dict[tuple[EventType, str, str], list[float]] = {}
        for event in log:
            if event.type in (EventType.CLICK, EventType.ADD_TO_CART, EventType.PURCHASE):
                key = (event.type, event.customer_id, event.product_id)
                self._times.setdefault(key, []).append(event.at.timestamp())

    def of(self, shown: Event) -> tuple[bool, bool, bool]:
        """Whether it was clicked, put into the cart, and bought."""
        return (
            self._within(EventType.CLICK, shown, CLICK_WITHIN),
            self._within(EventType.ADD_TO_CART, shown, CLICK_WITHIN),
            self._within(EventType.PURCHASE, shown, PURCHASE_WITHIN),
        )

    def _within(self, kind: EventType, shown: Event, window: timedelta) -> bool:
        times = self._times.get((kind, shown.customer_id, shown.product_id), [])
        begin = shown.at.timestamp()
        index = bisect_right(times, begin - 1e-6)
        return index < len(times) and times[index] <= begin + window.total_seconds()


class _Stars:
    """Ratings as of any day; a shop without reviews has the feed's own figures."""

    def __init__(self, reviews: Iterable[Review]) -> None:
        by_product: dict[str, list[tuple[float, int]]] = {}
        for review in reviews:
            dated = (day_of(review.at), review.rating)
            by_product.setdefault(review.product_id, []).append(dated)
        self._days: dict[str, list[float]] = {}
        self._sums: dict[str, list[int]] = {}
        for key, found in by_product.items():
            found.sort()
            self._days[key] = [day for day, _ in found]
            self._sums[key] = list(accumulate(rating for _, rating in found))

    def as_of(self, product: Product, day: float) -> Reputation:
        if not self._days:
            return Reputation(product.rating, product.review_count)
        count = bisect_right(self._days.get(product.id, []), day)
        if not count:
            return Reputation(None, 0)
        return Reputation(self._sums[product.id][count - 1] / count, count)


def _offers(products: Sequence[Product], reputations: Sequence[Reputation]) -> Offers:
    cheapest = [min(p.variants, key=lambda v: (not v.in_stock, v.price)) for p in products]
    return Offers(
        products,
        [variant.price for variant in cheapest],
        [variant.list_price for variant in cheapest],
        [product.in_stock for product in products],
        reputations,
    )
