"""Training rows from logged behaviour, with nothing in them from after the moment they describe.

The log is played through once in the order of time. At each impression the features are computed
from profiles and statistics as they stood then; only afterwards do these learn of the impression.
What the customer did next is looked up for the labels alone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from finetune.ranking.query import QueryMatch
from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.ranking.features import BEHAVIOUR, TRAINING_ONLY, Offer, Reputation, behaviour_of
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile, day_of
from retrieval.ranking.traits import PriceLevels
from retrieval.reviews.review import Review
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.event_store import EventStore
from retrieval.store.review_store import ReviewStore

CLICK_WITHIN = timedelta(minutes=30)
PURCHASE_WITHIN = timedelta(days=1)
COLUMNS = [*BEHAVIOUR, *TRAINING_ONLY]
STRANGER_SHARE = 5
"""Every so many rows one is repeated without a profile, so that the model knows strangers too."""


@dataclass(slots=True)
class Rows:
    """Impressions in the order of time; all arrays have the same length n."""

    features: NDArray[np.float64]
    """Shape ``(n, len(COLUMNS))``."""
    clicked: NDArray[np.float64]
    purchased: NDArray[np.float64]
    day: NDArray[np.float64]
    customers: list[str]
    products: list[str]
    stranger: NDArray[np.bool_]
    """Rows repeated without a profile; for training only."""
    source: NDArray[np.int64]
    """The impression's place among the events given."""

    def __len__(self) -> int:
        return len(self.clicked)

    def where(self, mask: NDArray[np.bool_]) -> "Rows":
        kept = np.flatnonzero(mask)
        return Rows(
            self.features[kept],
            self.clicked[kept],
            self.purchased[kept],
            self.day[kept],
            [self.customers[i] for i in kept],
            [self.products[i] for i in kept],
            self.stranger[kept],
            self.source[kept],
        )


@dataclass(frozen=True, slots=True)
class Split:
    """Rows by time; between the parts lies the time that labels look ahead."""

    train: Rows
    valid: Rows
    test: Rows


def read_rows(sessions: Sessions) -> Rows:
    """Rows from everything that a shop's database holds."""
    products = {product.id: product for product in CatalogStore(sessions).scan()}
    return make_rows(EventStore(sessions).scan(), products, ReviewStore(sessions).scan())


def make_rows(
    events: Iterable[Event],
    products: Mapping[str, Product],
    reviews: Iterable[Review] = (),
) -> Rows:
    """One row for each impression of a known product. Events may come in any order."""
    given = list(events)
    order = [i for i, event in enumerate(given) if event.product_id in products]
    order.sort(key=lambda i: given[i].at)
    labels, stars, queries = _Labels([given[i] for i in order]), _Stars(reviews), QueryMatch()
    levels = PriceLevels.observe(products.values())
    popularity = Popularity()
    profiles: dict[str, CustomerProfile] = {}
    features: list[list[float]] = []
    shown: list[int] = []
    strangers: list[bool] = []
    for index in order:
        event = given[index]
        product, day = products[event.product_id], day_of(event.at)
        profile = profiles.setdefault(event.customer_id, CustomerProfile(event.customer_id))
        if event.type is EventType.IMPRESSION:
            standing = popularity.standings([product.id], day)[product.id]
            offer = _offer(product, stars.as_of(product, day))
            circumstances = [float(event.position or 0), *queries.of(event.query, product)]
            seen = [profile]
            if len(shown) % STRANGER_SHARE == 0:
                seen.append(CustomerProfile())
            for number, customer in enumerate(seen):
                row = behaviour_of(offer, customer, standing, levels, day)
                features.append([*row, *circumstances])
                shown.append(index)
                strangers.append(number > 0)
        profile.apply(event, product, levels)
        popularity.observe([event])
    return Rows(
        np.array(features, dtype=np.float64).reshape(len(features), len(COLUMNS)),
        np.array([labels.clicked(given[i]) for i in shown], dtype=np.float64),
        np.array([labels.purchased(given[i]) for i in shown], dtype=np.float64),
        np.array([day_of(given[i].at) for i in shown], dtype=np.float64),
        [given[i].customer_id for i in shown],
        [given[i].product_id for i in shown],
        np.array(strangers, dtype=np.bool_),
        np.array(shown, dtype=np.int64),
    )


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
            if event.type in (EventType.CLICK, EventType.PURCHASE):
                key = (event.type, event.customer_id, event.product_id)
                self._times.setdefault(key, []).append(event.at.timestamp())

    def clicked(self, shown: Event) -> bool:
        return self._within(EventType.CLICK, shown, CLICK_WITHIN)

    def purchased(self, shown: Event) -> bool:
        return self._within(EventType.PURCHASE, shown, PURCHASE_WITHIN)

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


def _offer(product: Product, reputation: Reputation) -> Offer:
    cheapest = min(product.variants, key=lambda v: (not v.in_stock, v.price))
    return Offer(product, cheapest.price, cheapest.list_price, product.in_stock, reputation)
