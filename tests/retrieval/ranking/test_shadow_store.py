"""How a shadow stands to the clicks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import retrieval.ranking.shadow_store as module
from retrieval.events.event import Event, EventType
from retrieval.ranking.shadow import Scored, ShadowList
from retrieval.ranking.shadow_store import ShadowStore
from retrieval.store.base import Base, Sessions, connect, session_factory
from retrieval.store.event_store import EventStore

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine)
    yield session_factory(engine)
    engine.dispose()


def seen(who: str, minutes: int, version: str = "v2") -> ShadowList:
    """Three products; the shadow would have turned the list round."""
    shown = tuple(Scored(f"p{n}", 0.9 - n / 10, n / 1.0, 1 / (1 + n)) for n in range(3))
    return ShadowList(version, who, AT + timedelta(minutes=minutes), -1.0, False, 0.4, shown)


def click(who: str, product: str, minutes: float) -> Event:
    return Event(
        type=EventType.CLICK,
        customer_id=who,
        product_id=product,
        at=AT + timedelta(minutes=minutes),
    )


def test_clicks_after_the_list_decide(sessions: Sessions) -> None:
    store, events = ShadowStore(sessions), EventStore(sessions)
    store.add([seen(f"c{n}", 0) for n in range(20)])
    # The last product of the list is clicked: the shadow has it first.
    events.append_many(click(f"c{n}", "p2", 3) for n in range(10))
    events.append_many([click("c11", "p2", -1), click("c12", "p2", 31), click("c13", "px", 1)])
    (report,) = store.reports()
    assert (report.version, report.lists, report.clicked) == ("v2", 20, 10)
    assert (report.correlation, report.same_first) == (-1.0, 0.0)
    assert report.top_overlap == pytest.approx(0.4)
    assert report.ndcg_live == pytest.approx(0.5) and report.ndcg_shadow == pytest.approx(1.0)
    assert report.gain == pytest.approx(0.5)
    assert report.gain_interval == pytest.approx((0.5, 0.5))


def test_a_click_further_down_counts_for_more(sessions: Sessions) -> None:
    """Both ends are clicked: the last place was looked at a third as often as the first."""
    store, events = ShadowStore(sessions), EventStore(sessions)
    store.add([seen("a", 0)])
    events.append_many([click("a", "p0", 1), click("a", "p2", 2)])
    (report,) = store.reports()
    ideal = 3 + 1 / 1.584962500721156
    assert report.ndcg_live == pytest.approx((1 + 3 / 2) / ideal)
    assert report.ndcg_shadow == pytest.approx((3 + 1 / 2) / ideal)
    assert report.gain_interval == (-1.0, 1.0)  # one list decides nothing


def test_the_oldest_lists_go_and_customers_are_forgotten(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 5)
    store = ShadowStore(sessions)
    assert store.reports() == []
    for n in range(4):
        store.add([seen("a", n), seen("b", n, "v3")])
    assert {r.version: r.lists for r in store.reports()} == {"v2": 2, "v3": 3}
    assert len(store.export("a")) == 2
    store.erase("a")
    assert store.export("a") == [] and [r.version for r in store.reports()] == ["v3"]
