"""Rows, similar products and carts over a real database, index and encoder."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retrieval.candidate import Candidate
from retrieval.errors import ProductNotFoundError
from retrieval.events.event import Event, EventType
from retrieval.lexicon.lexicon import Lexicon
from retrieval.pipeline import ProductFinder
from retrieval.recommend.behaviour import BehaviourReader
from retrieval.recommend.recommender import Recommender
from retrieval.recommend.source import NeighbourSource
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.review_store import ReviewStore

NOW = datetime.now(UTC)


class Shop:
    def __init__(self, indexed: Any) -> None:
        self.catalog, self.events = indexed.catalog, EventStore(indexed.sessions)
        self.customers = CustomerStore(indexed.sessions)
        self.finder = ProductFinder.open(
            live=indexed.live(),
            encoder=indexed.encoder,
            lexicon=Lexicon.load(),
            catalog=indexed.catalog,
            reviews=ReviewStore(indexed.sessions),
            events=self.events,
            customers=self.customers,
        )
        assert self.finder.freshness is not None
        self.finder.freshness.wait()
        search = self.finder.search
        reader = BehaviourReader(indexed.sessions)
        self.source = NeighbourSource(reader, search.leaves, search, indexed.catalog)
        self.finder.neighbours = self.source
        self.recommender = Recommender(self.finder, self.source, indexed.catalog)

    def did(self, kind: EventType, *pairs: tuple[str, str]) -> None:
        self.events.append_many(
            Event(type=kind, customer_id=c, product_id=p, at=NOW - timedelta(hours=1))
            for c, p in pairs
        )
        self.finder.popularity.refresh(self.events)
        self.source.refresh(force=True)


@pytest.fixture(scope="module")
def shop(open_shop: Callable[..., Any]) -> Shop:
    indexed = open_shop("fashion", "furniture")
    indexed.builder().build()
    made = Shop(indexed)
    buyers = [f"b{n}" for n in range(4)]
    made.did(EventType.PURCHASE, *[(b, p) for b in buyers for p in ("dress-red", "boots")])
    made.did(EventType.CLICK, *[(b, p) for b in buyers for p in ("dress-red", "dress-black")])
    return made


def keys(candidates: list[Candidate]) -> dict[str, list[str]]:
    return {c.id: [e.key for e in c.evidence] for c in candidates}


def test_what_is_bought_along_says_by_how_many(shop: Shop) -> None:
    found = shop.recommender.goes_with(["dress-red"], 5)
    assert found[0].id == "boots"
    first = found[0].evidence[0]
    assert (first.key, first.values["n"]) == ("bought_with", 4)
    assert first.values["other_id"] == "dress-red"
    assert all(c.evidence for c in found) and "dress-red" not in {c.id for c in found}


def test_a_cart_is_completed_with_nothing_it_holds(shop: Shop) -> None:
    found = shop.recommender.goes_with(["boots", "dress-red", "gone"], 5)
    assert not {c.id for c in found} & {"boots", "dress-red"}
    with pytest.raises(ProductNotFoundError):
        shop.recommender.goes_with(["gone"], 5)


def test_similar_products_say_what_they_share(shop: Shop) -> None:
    found = shop.recommender.similar("dress-red", 5)
    assert found[0].id == "dress-black"
    assert keys(found)["dress-black"][:2] == ["alike", "looked_with"]
    own = shop.catalog.get("dress-black")
    for shared in found[0].evidence[0].values["shared"]:
        held = {"category": [own.category_path[-1]], "brand": [own.brand], **own.all_attributes()}
        assert shared["value"] in held[shared["name"]]
    with pytest.raises(ProductNotFoundError):
        shop.recommender.similar("gone", 5)


def test_a_first_visit_gets_what_is_popular(shop: Shop) -> None:
    for customer in (None, "never seen"):
        home = shop.recommender.home(customer, 3)
        rows = {row.kind: row for row in home.rows}
        assert not rows.keys() & {"for_you", "because_you_viewed", "new_for_you"}
        popular = rows["popular_now"].candidates
        assert {c.id for c in popular} >= {"dress-red", "boots"}
        assert all(e.kind != "history" for c in popular for e in c.evidence)


def test_rows_are_personal_distinct_and_reasoned(shop: Shop) -> None:
    shop.did(EventType.CLICK, *[("ana", "dress-red")] * 3)
    shop.finder.profiles.forget("ana")
    home = shop.recommender.home("ana", 3)
    assert home.personalised == "history"
    kinds = [row.kind for row in home.rows]
    assert "because_you_viewed" in kinds and len(kinds) == len(set(kinds))
    because = next(row for row in home.rows if row.kind == "because_you_viewed")
    assert because.because is not None and because.because.id == "dress-red"
    ids = [c.id for row in home.rows for c in row.candidates]
    assert len(ids) == len(set(ids))
    assert all(c.evidence and c.variant.in_stock for row in home.rows for c in row.candidates)


def test_who_switched_it_off_gets_the_rows_of_a_stranger(shop: Shop) -> None:
    shop.did(EventType.CLICK, *[("off", "dress-red")] * 3)
    shop.customers.set_personalise("off", False)
    home = shop.recommender.home("off", 3)
    assert home.personalised == "customer_off"
    assert {row.kind for row in home.rows} <= {"new_here", "popular_now"}
    assert all(e.kind != "history" for row in home.rows for c in row.candidates for e in c.evidence)


def test_what_was_bought_is_not_gone_out_from(shop: Shop) -> None:
    shop.did(EventType.CLICK, ("bea", "dress-black"))
    shop.did(EventType.PURCHASE, ("bea", "dress-red"))
    shop.finder.profiles.forget("bea")
    rows = {row.kind: row for row in shop.recommender.home("bea", 3).rows}
    because = rows["because_you_viewed"].because
    assert because is not None and because.id == "dress-black"
