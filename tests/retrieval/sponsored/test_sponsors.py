from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.events.event import Event, EventType
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.sponsored.sponsors import Sponsors


def candidate(key: str, score: float, title: str = "", rate: float | None = None) -> Candidate:
    words = title or f"{key} thing number {key}"
    made = Product(id=key, title=words, brand=key, variants=[Variant(sku=key, price=1)])
    clicked = score if rate is None else rate
    return Candidate(made, made.variants[0], score=score, click_rate=clicked)


@pytest.fixture
def kept() -> list[Candidate]:
    return [candidate(f"p{n}", 0.9 - n / 20) for n in range(10)]


@pytest.fixture
def open_sponsors(store: CampaignStore, draft: Callable[..., Any]) -> Callable[..., Sponsors]:
    def make(*campaigns: dict[str, Any], share: float = 0.25) -> Sponsors:
        for values in campaigns:
            store.create(draft(**values))
        return Sponsors(store, share)

    return make


def test_the_winner_takes_the_last_place_and_is_labelled(
    open_sponsors: Callable[..., Sponsors], store: CampaignStore, kept: list[Candidate]
) -> None:
    sponsors = open_sponsors({"product_ids": ["p6", "gone"]}, {"product_ids": ["p7"], "bid": 0.1})
    assert set(sponsors.products(Constraints())) == {"p6", "p7", "gone"}
    shown, paid = sponsors.place(kept, kept[:4], Constraints())
    assert [c.id for c in shown] == ["p0", "p1", "p2", "p6"]
    sponsors.label(paid, "ana")
    assert [(e.kind, e.values["advertiser"]) for e in shown[3].evidence] == [("sponsored", "Acme")]
    click = Event(type=EventType.CLICK, customer_id="ana", product_id="p6")
    sponsors.observe([click, click])
    assert sum(c.spent for c in store.all()) == pytest.approx(0.1 * 0.55 / 0.6, abs=1e-6)


def test_quality_is_the_chance_of_a_click_whatever_the_merchant_aims_at(
    open_sponsors: Callable[..., Sponsors],
) -> None:
    """The score may be of margins; whoever is clicked more often wins at the same bid."""
    sponsors = open_sponsors(
        {"product_ids": ["dear"], "bid": 0.4}, {"product_ids": ["liked"], "bid": 0.4}
    )
    shown = [candidate(f"p{n}", 0.9) for n in range(4)]
    others = [candidate("dear", 0.8, rate=0.05), candidate("liked", 0.6, rate=0.2)]
    placed, paid = sponsors.place([*shown, *others], shown, Constraints())
    assert placed[-1].id == "liked"
    assert paid[0].price == 100_000  # a quarter of the clicks: a quarter of the rival's bid


def test_what_is_in_the_list_by_merit_is_neither_labelled_nor_charged(
    open_sponsors: Callable[..., Sponsors], kept: list[Candidate]
) -> None:
    sponsors = open_sponsors({"product_ids": ["p0"]})
    assert sponsors.place(kept, kept[:4], Constraints()) == (kept[:4], [])


@pytest.mark.parametrize(("shown", "share", "most"), [(3, 0.25, 0), (8, 0.25, 2), (4, 0.0, 0)])
def test_the_share_is_kept(
    open_sponsors: Callable[..., Sponsors],
    kept: list[Candidate],
    shown: int,
    share: float,
    most: int,
) -> None:
    sponsors = open_sponsors({"product_ids": [f"p{n}" for n in range(10)]}, share=share)
    placed, paid = sponsors.place(kept, kept[:shown], Constraints())
    assert (len(placed), len(paid)) == (shown, most)


def test_rubbish_and_a_third_twin_are_not_placed(open_sponsors: Callable[..., Sponsors]) -> None:
    sponsors = open_sponsors({"product_ids": ["bad", "twin"]})
    twins = [candidate(f"t{n}", 0.9, "Plain white cotton shirt") for n in range(2)]
    kept = [*twins, candidate("a", 0.8), candidate("b", 0.8), candidate("bad", 0.4)]
    for one in twins:
        one.product.brand = "Same"
    third = candidate("twin", 0.8, "Plain white cotton shirt")
    third.product.brand = "Same"
    assert sponsors.place([*kept, third], kept[:4], Constraints())[1] == []


def test_targeting(open_sponsors: Callable[..., Sponsors]) -> None:
    sponsors = open_sponsors(
        {"product_ids": ["tea"], "targeting": {"keywords": ["tea", "茶"]}},
        {"product_ids": ["pot"], "targeting": {"categories": ["Tea pots"]}},
    )
    assert sponsors.products(Constraints(query="green tea")) == ["tea"]
    assert sponsors.products(Constraints(query="绿茶")) == ["tea"]
    assert sponsors.products(Constraints(query="steak knife")) == []
    assert set(sponsors.products(Constraints(category="tea pots"))) == {"tea", "pot"}


def test_dates_and_pace_are_kept(store: CampaignStore, draft: Callable[..., Any]) -> None:
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    campaign = store.create(
        draft(starts_at=start, ends_at=start + timedelta(days=10), budget=100, bid=0.5)
    )
    moments = {"now": start + timedelta(hours=12)}
    sponsors = Sponsors(store, 0.5, now=lambda: moments["now"])
    assert sponsors.products(Constraints()) == ["p1"]
    spent = {"now": 0}

    class Spent(CampaignStore):
        def running(self, now: datetime) -> Any:
            return [
                type(one)(**{**{n: getattr(one, n) for n in one.__slots__},
                             "spent": spent["now"], "spent_today": spent["now"]})
                for one in super().running(now)
            ]  # fmt: skip

    paced = Sponsors(Spent(store._sessions), 0.5, now=lambda: moments["now"])
    spent["now"] = 6_000_000  # ten a day: by noon half of it and the head start are due
    assert paced.products(Constraints()) == []
    moments["now"] = start + timedelta(hours=18)
    assert paced.products(Constraints()) == ["p1"]
    moments["now"] = start + timedelta(days=11)
    assert paced.products(Constraints()) == []
    assert campaign.state == "active"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=10), st.integers(1, 10), st.data())
def test_only_what_met_every_constraint_is_ever_placed(
    open_sponsors: Callable[..., Sponsors], scores: list[float], limit: int, data: st.DataObject
) -> None:
    ids = data.draw(st.lists(st.sampled_from([f"p{n}" for n in range(12)]), min_size=1))
    sponsors = open_sponsors({"product_ids": ids}, share=0.5)
    kept = [candidate(f"p{n}", score) for n, score in enumerate(sorted(scores, reverse=True))]
    shown, paid = sponsors.place(kept, kept[:limit], Constraints())
    assert {c.id for c in shown} <= {c.id for c in kept}
    assert len(shown) == min(limit, len(kept)) == len({c.id for c in shown})
    assert len(paid) <= len(shown) / 2
