"""The finder over a real database, index, encoder and ranking model."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retrieval.constraints import Constraints
from retrieval.events.event import Event, EventType
from retrieval.events.recording import EventRecorder
from retrieval.lexicon.lexicon import Lexicon
from retrieval.pipeline import ProductFinder
from retrieval.reviews.review import Review
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.review_store import ReviewStore

NOW = datetime.now(UTC)
GRUMBLES = ["Far too loud.", "So noisy!", "It rattles and is really loud."]


class Shop:
    """One indexed catalogue with its stores and a finder over them."""

    def __init__(self, indexed: Any) -> None:
        self.events = EventStore(indexed.sessions)
        self.customers = CustomerStore(indexed.sessions)
        self.reviews = ReviewStore(indexed.sessions)
        self.catalog = indexed.catalog
        self._indexed = indexed
        self._live = indexed.live()
        self.finder = self.open()

    def open(self, personalise: bool = True) -> ProductFinder:
        finder = ProductFinder.open(
            live=self._live,
            encoder=self._indexed.encoder,
            lexicon=Lexicon.load(),
            catalog=self.catalog,
            reviews=self.reviews,
            events=self.events,
            customers=self.customers,
            personalise=personalise,
        )
        assert finder.freshness is not None
        finder.freshness.wait()
        return finder

    def ids(self, customer: str | None = None, limit: int = 4, **wanted: Any) -> list[str]:
        found = self.finder.find(Constraints(**wanted), customer, limit)
        return [c.id for c in found.candidates]


@pytest.fixture(scope="module")
def shop(open_shop: Callable[..., Any]) -> Shop:
    indexed = open_shop("fashion")
    indexed.builder().build()
    reviews = ReviewStore(indexed.sessions)
    reviews.upsert_many(
        Review(id=f"r{n}", product_id="dress-red", rating=2, text=text, at=NOW)
        for n, text in enumerate(GRUMBLES)
    )
    return Shop(indexed)


def bought(customer: str, product: str, minutes: int = 0) -> Event:
    at = NOW - timedelta(minutes=minutes)
    return Event(type=EventType.PURCHASE, customer_id=customer, product_id=product, at=at)


def test_what_is_found_meets_the_constraints_and_carries_evidence(shop: Shop) -> None:
    found = shop.finder.find(Constraints(query="dress", price_max=100), None, 3)
    assert found.candidates[0].id == "dress-red"
    assert all(c.variant.price <= 100 for c in found.candidates)
    assert [c.position for c in found.candidates] == list(range(len(found.candidates)))
    assert found.total >= len(found.candidates)
    assert {c.id for c in found.candidates} <= {c.id for c in found.pool}
    first = found.candidates[0]
    assert first.reviews is not None and first.reviews.count == 3
    assert first.evidence[0].kind == "match"
    assert 0 < first.score < 1
    assert {"search", "rank", "diversify"} <= set(found.timings_ms)


def test_an_explicit_sort_is_kept(shop: Shop) -> None:
    prices = [
        c.variant.price for c in shop.finder.find(Constraints(sort="price_asc"), None, 5).candidates
    ]
    assert prices == sorted(prices)
    assert len(prices) == 5


def test_reviews_rule_out_what_they_complain_of(shop: Shop) -> None:
    assert "dress-red" in shop.ids(category="Dresses")
    found = shop.finder.find(Constraints(category="Dresses", avoid_aspects=["noise"]), None, 4)
    assert [c.id for c in found.candidates] == ["dress-black"]
    assert found.total == 1
    told = {e.key for e in found.candidates[0].evidence}
    assert "reviews_no_evidence" not in told or found.candidates[0].reviews is not None


def test_nothing_found_comes_with_a_way_out(shop: Shop) -> None:
    found = shop.finder.find(Constraints(category="Dresses", price_max=1), None, 4)
    assert (found.candidates, found.total) == ([], 0)
    assert found.relaxations[0].total > 0
    wanted = Constraints(category="Dresses", price_max=60, avoid_aspects=["noise"])
    found = shop.finder.find(wanted, None, 4)
    assert found.candidates == []
    assert found.relaxations[0].slot == "avoid_aspects"


def test_show_more_leaves_out_what_was_shown(shop: Shop) -> None:
    first = shop.ids(limit=2)
    more = shop.finder.find(Constraints(), None, 9, exclude_ids=first).candidates
    assert not {c.id for c in more} & set(first)


def test_an_event_changes_the_next_turn(shop: Shop) -> None:
    customer = "live"
    before = shop.finder.find(Constraints(), customer, 5)
    assert before.personalised == "no_history"
    recorder = EventRecorder(shop.events, shop.catalog, shop.finder.profiles)
    raw = [bought(customer, "boots", m).model_dump(mode="json") for m in (9, 6, 3)]
    assert recorder.record(raw).accepted == 3
    after = shop.finder.find(Constraints(), customer, 5)
    assert after.personalised == "history"
    boots = next(c for c in after.candidates if c.id == "boots")
    assert boots.features["purchased"] > 0
    assert "history_bought" in {e.key for e in boots.evidence}


def test_personalisation_says_why_it_is_off(shop: Shop) -> None:
    anything = Constraints()
    shop.events.append_many([bought("quiet", "boots")])
    assert shop.finder.find(anything, "quiet", 3).personalised == "history"
    shop.customers.set_personalise("quiet", False)
    off = shop.finder.find(anything, "quiet", 3)
    assert off.personalised == "customer_off"
    assert all(e.kind != "history" for c in off.candidates for e in c.evidence)
    assert shop.finder.find(anything, None, 3).personalised == "anonymous"
    assert shop.open(personalise=False).find(anything, "quiet", 3).personalised == "shop_off"


def test_given_products_are_described_in_their_order(shop: Shop) -> None:
    wanted = Constraints(attributes={"color": ["brown"]})
    ids = ["tee", "gone", "boots", "dress-red"]
    described = shop.finder.describe(ids, wanted, None)
    assert [c.id for c in described] == ["tee", "boots", "dress-red"]
    assert described[1].variant.sku == "BO-39-BR"
    assert [s.name for s in described[1].satisfied] == ["color"]
    assert described[2].reviews is not None
    assert shop.finder.describe([], None, None) == []
