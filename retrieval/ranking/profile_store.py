"""Profiles kept live: loaded from the event store once, then updated by every event."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Protocol

from retrieval.catalog.product import Product
from retrieval.events.event import Event
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.traits import PriceLevels

EVENTS_READ = 1000
"""The latest events a profile is built from."""


class Products(Protocol):
    def get_many(self, product_ids: Collection[str]) -> Mapping[str, Product]: ...


class Events(Protocol):
    def recent(self, customer_id: str, limit: int) -> list[Event]: ...


class ProfileStore:
    """Profiles by customer, the least recently used forgotten. Safe to use from several threads."""

    def __init__(
        self,
        events: Events,
        products: Products,
        levels: PriceLevels,
        opinion: Opinion | None = None,
        size: int = 5000,
    ) -> None:
        self._events = events
        self._products = products
        self.levels = levels
        self._opinion = opinion
        self._size = size
        self._profiles: OrderedDict[str, CustomerProfile] = OrderedDict()
        self._lock = Lock()

    def get(self, customer_id: str) -> CustomerProfile:
        """The customer's profile as of the last event observed."""
        with self._lock:
            profile = self._profiles.get(customer_id)
            if profile is None:
                profile = CustomerProfile(customer_id)
                self._learn(profile, self._events.recent(customer_id, EVENTS_READ)[::-1])
                self._profiles[customer_id] = profile
                while len(self._profiles) > self._size:
                    self._profiles.popitem(last=False)
            else:
                self._profiles.move_to_end(customer_id)
            return profile

    def observe(self, events: Sequence[Event]) -> None:
        """Takes in events just stored; profiles that are not loaded will read them later."""
        with self._lock:
            by_customer: dict[str, list[Event]] = {}
            for event in events:
                if event.customer_id in self._profiles:
                    by_customer.setdefault(event.customer_id, []).append(event)
            for customer_id, own in by_customer.items():
                self._learn(self._profiles[customer_id], own)

    def forget(self, customer_id: str) -> None:
        """Drops a profile: the customer was erased, or events were written past this store."""
        with self._lock:
            self._profiles.pop(customer_id, None)

    def _learn(self, profile: CustomerProfile, events: Sequence[Event]) -> None:
        products = self._products.get_many({event.product_id for event in events})
        for event in events:
            product = products.get(event.product_id)
            if product is not None:
                profile.apply(event, product, self.levels, self._opinion)
