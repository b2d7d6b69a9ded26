"""Sponsored products, newcomers and experiments never get past what a shopper asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.constraints import Constraints
from retrieval.events.event import Event, EventType
from retrieval.experiments.experiment import ExperimentDraft
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.experiments.explorer import Explorer
from retrieval.experiments.rankers import RankerShelf
from retrieval.experiments.trials import Trials
from retrieval.lexicon.lexicon import Lexicon
from retrieval.pipeline import ProductFinder
from retrieval.ranking.diversity import within_twin_limit
from retrieval.recommend.behaviour import BehaviourReader
from retrieval.recommend.source import NeighbourSource
from retrieval.sponsored.campaign import CampaignDraft
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.sponsored.sponsors import Sponsors
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.review_store import ReviewStore

NOW = datetime.now(UTC)
ARMS = [{"name": "now", "ranker": "live"}, {"name": "plain", "ranker": "fixed"}]


class Shop:
    def __init__(self, indexed: Any) -> None:
        self.ids = [p.id for p in indexed.catalog.scan()]
        self.experiments = ExperimentStore(indexed.sessions)
        self.campaigns = CampaignStore(indexed.sessions)
        self.campaigns.create(
            CampaignDraft(
                name="All", advertiser="Acme", product_ids=self.ids, bid=0.5, budget=100,
                starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=1),
            )
        )  # fmt: skip
        events = EventStore(indexed.sessions)
        events.append_many(
            Event(type=EventType.CLICK, customer_id=f"c{n % 3}", product_id=key, at=NOW)
            for n, key in enumerate(self.ids * 2)
        )
        self.finder = ProductFinder.open(
            live=indexed.live(),
            encoder=indexed.encoder,
            lexicon=Lexicon.load(),
            catalog=indexed.catalog,
            reviews=ReviewStore(indexed.sessions),
            events=events,
            customers=CustomerStore(indexed.sessions),
        )
        assert self.finder.freshness is not None
        self.finder.freshness.wait()
        search = self.finder.search
        source = NeighbourSource(
            BehaviourReader(indexed.sessions), search.leaves, search, indexed.catalog
        )
        source.refresh(force=True)
        self.shelf = RankerShelf(self.finder.ranker, self.finder.features)
        self.finder.neighbours = source
        self.finder.sponsors = Sponsors(self.campaigns, 0.34)
        self.finder.explorer = Explorer(self.finder.popularity, 1.0)

    def compare(self, kind: str) -> None:
        running = self.experiments.running()
        if running is not None:
            self.experiments.stop(running.id)
        draft = ExperimentDraft.model_validate({"name": "x", "kind": kind, "arms": ARMS})
        self.experiments.start(draft)
        self.finder.trials = Trials(self.experiments, self.shelf)


@pytest.fixture(scope="module")
def shop(open_shop: Callable[..., Any]) -> Shop:
    indexed = open_shop("fashion", "furniture")
    indexed.builder().build()
    return Shop(indexed)


WANTED = st.builds(
    Constraints,
    query=st.sampled_from(["", "dress", "oak table"]),
    price_max=st.none() | st.floats(10, 400),
    attributes=st.just({}) | st.just({"color": ["black"]}),
    exclude=st.just({}) | st.just({"color": ["red"]}) | st.just({"category": ["Dresses"]}),
    sort=st.sampled_from(["relevance", "relevance", "price_asc"]),
)


@pytest.mark.parametrize("kind", ["ab", "interleaving"])
def test_every_constraint_is_kept(shop: Shop, kind: str) -> None:
    shop.compare(kind)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(WANTED, st.sampled_from([None, "c0", "c1", "c2"]), st.integers(1, 9))
    def check(wanted: Constraints, customer: str | None, limit: int) -> None:
        left_out = shop.ids[:2]
        able = {c.id for c in shop.finder.search.search(wanted, 1000, left_out).candidates}
        found = shop.finder.find(wanted, customer, limit, left_out)
        ids = [c.id for c in found.candidates]
        assert len(ids) == len(set(ids)) == min(limit, len(able))
        assert set(ids) <= able - set(left_out)
        paid = [c for c in found.candidates if c.evidence and c.evidence[0].kind == "sponsored"]
        assert len(paid) <= 0.34 * len(ids)
        assert all(
            c.variant.price <= wanted.price_max for c in found.candidates if wanted.price_max
        )
        if wanted.sort == "price_asc":
            prices = [c.variant.price for c in found.candidates]
            assert prices == sorted(prices) and not paid
        elif len(able) > limit:
            assert within_twin_limit(found.candidates) or limit > 5

    check()


def test_what_is_paid_for_says_so_first(shop: Shop) -> None:
    found = shop.finder.find(Constraints(), "c0", 6).candidates
    paid = [c for c in found if any(e.kind == "sponsored" for e in c.evidence)]
    assert 1 <= len(paid) <= 2
    assert all(c.evidence[0].key == "sponsored_by" for c in paid)
    assert [c.position for c in found] == list(range(6))


def test_neighbours_come_into_the_list_of_who_looked_at_the_product(shop: Shop) -> None:
    source = shop.finder.neighbours
    assert source is not None
    looked = "dress-red"
    joined = source.of([looked], 5)
    assert joined and looked not in joined
    event = Event(type=EventType.VIEW, customer_id="x", product_id=looked)
    source.observe([event])
    assert set(source.alike(looked)) & set(source.of([looked], 40))
