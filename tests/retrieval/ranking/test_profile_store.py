from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest

from retrieval.catalog.product import Product
from retrieval.events.event import Event
from retrieval.ranking.profile_store import ProfileStore
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Any]


class Shop:
    """Events and products in memory, under the stores' method names."""

    def __init__(self, products: list[Product]) -> None:
        self.products = {product.id: product for product in products}
        self.events: list[Event] = []
        self.reads = 0

    def get_many(self, product_ids: Any) -> dict[str, Product]:
        return {key: self.products[key] for key in product_ids if key in self.products}

    def recent(self, customer_id: str, limit: int) -> list[Event]:
        self.reads += 1
        own = [event for event in self.events if event.customer_id == customer_id]
        return own[::-1][:limit]


@pytest.fixture
def shop(product: Make) -> Shop:
    return Shop([product(f"p{number}") for number in range(200)])


@pytest.fixture
def profiles(shop: Shop) -> ProfileStore:
    return ProfileStore(shop, shop, PriceLevels.observe(shop.products.values()), size=3)


def test_a_profile_holds_what_was_logged_and_what_comes_after(
    shop: Shop, profiles: ProfileStore, event: Make
) -> None:
    shop.events = [event("click", "p1", 2)]
    assert profiles.get("c1").recent() == ["p1"]
    profiles.observe([event("purchase", "p2")])
    assert profiles.get("c1").recent() == ["p2", "p1"]
    assert shop.reads == 1


def test_an_event_that_is_both_logged_and_observed_counts_once(
    shop: Shop, profiles: ProfileStore, event: Make
) -> None:
    posted = event("click", "p1")
    shop.events.append(posted)
    profiles.get("c1")
    profiles.observe([posted])
    assert profiles.get("c1").actions == 1


def test_the_least_recently_used_is_forgotten(shop: Shop, profiles: ProfileStore) -> None:
    for customer in ("a", "b", "c", "a", "d", "a"):
        profiles.get(customer)
    assert shop.reads == 4
    profiles.get("b")
    assert shop.reads == 5


def test_an_erased_customer_is_read_anew(shop: Shop, profiles: ProfileStore, event: Make) -> None:
    shop.events = [event("click", "p1")]
    assert profiles.get("c1").actions == 1
    shop.events = []
    profiles.forget("c1")
    assert profiles.get("c1").actions == 0


def test_products_that_are_gone_are_passed_over(
    shop: Shop, profiles: ProfileStore, event: Make
) -> None:
    shop.events = [event("click", "gone"), event("click", "p1")]
    assert profiles.get("c1").recent() == ["p1"]


def test_an_update_takes_less_than_fifty_milliseconds(
    shop: Shop, profiles: ProfileStore, event: Make
) -> None:
    shop.events = [event("click", f"p{n % 200}", 1 + n / 500) for n in range(500)]
    profiles.get("c1")
    spent = []
    for number in range(20):
        begun = perf_counter()
        profiles.observe([event("click", f"p{number}", days_ago=0.001 * number)])
        spent.append(perf_counter() - begun)
    assert sorted(spent)[10] < 0.05
