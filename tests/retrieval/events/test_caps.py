"""Floods: what is taken stays within bounds, and so does what it can move."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retrieval.events.caps import PAIR_CAPS, REMEMBERED, Cap
from retrieval.events.event import Event, EventType
from retrieval.events.recording import EventRecorder
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import day_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Shop:
    """Products that begin with ``p``, customers that begin with ``known``, and a clock."""

    def __init__(self, **caps: int) -> None:
        self.now = NOW
        self.events: list[Event] = []
        self.saved: dict[str, int] = {}
        self.recorder = EventRecorder(
            self, self, customers=self, rejection_log=self, now=lambda: self.now, **caps
        )

    def get_many(self, product_ids: Any) -> dict[str, object]:
        return {key: object() for key in product_ids if key.startswith("p")}

    def known(self, customer_ids: Any) -> set[str]:
        return {key for key in customer_ids if key.startswith("known")}

    def append_many(self, events: Any) -> int:
        self.events.extend(events)
        return len(events)

    def add_rejections(self, day: int, counts: dict[str, int]) -> None:
        assert day == int(self.now.timestamp() // 86_400)
        for code, count in counts.items():
            self.saved[code] = self.saved.get(code, 0) + count

    def post(self, kind: str, who: str, what: str = "p1", at: datetime | None = None) -> int:
        raw = {"type": kind, "customer_id": who, "product_id": what}
        return self.recorder.record([{**raw, "at": (at or self.now).isoformat()}]).accepted

    def popularity(self) -> Popularity:
        found = Popularity()
        found.observe(self.events)
        return found


@pytest.fixture
def shop() -> Shop:
    """A shop with some honest traffic: 50 customers saw five products, one in ten clicked."""
    made = Shop()
    for n in range(50):
        for product in ("p1", "p2", "p3", "p4", "p5"):
            made.post("impression", f"known{n}", product)
            if (n + int(product[1])) % 10 == 0:
                made.post("click", f"known{n}", product)
    return made


def lift(shop: Shop) -> float:
    return shop.popularity().standings(["p1"], day_of(shop.now))["p1"].click_lift


def test_one_customer_moves_a_product_by_no_more_than_the_days_cap(shop: Shop) -> None:
    before, held = lift(shop), len(shop.events)
    for n in range(3000):  # for ten hours, and with all kinds of dates
        shop.now = NOW + timedelta(seconds=12 * n)
        shop.post("click", "known1", at=shop.now - timedelta(days=n % 700))
    taken = len(shop.events) - held
    assert taken <= PAIR_CAPS[EventType.CLICK]
    # Nothing but the accepted clicks can have moved it: 20 on 50 looks and a prior of 20.
    assert lift(shop) - before <= math.log(1 + PAIR_CAPS[EventType.CLICK] / 7)


def test_made_up_customers_share_one_cap_and_known_ones_are_free_of_it() -> None:
    shop = Shop(product_cap=30)
    taken = sum(shop.post("click", f"stranger{n}") for n in range(200))
    assert taken == 30
    assert sum(shop.post("click", f"known{n}") for n in range(50)) == 50
    assert shop.post("click", "stranger", "p2") == 1
    shop.now += timedelta(hours=1)
    assert shop.post("click", "stranger") == 1


def test_what_the_shop_records_itself_is_trusted() -> None:
    shop = Shop(product_cap=3)
    own = [
        Event(type=EventType.IMPRESSION, customer_id=f"guest{n}", product_id="p1", at=NOW)
        for n in range(20)
    ]
    recorded = shop.recorder.record(own)
    assert (recorded.accepted, recorded.unknown_customers) == (20, 0)


def test_strangers_and_reasons_are_counted() -> None:
    shop = Shop()
    raw = {"type": "click", "customer_id": "who", "product_id": "p1", "at": NOW.isoformat()}
    recorded = shop.recorder.record([raw, raw, {**raw, "product_id": "x"}, 7])
    assert (recorded.accepted, recorded.unknown_customers) == (1, 1)
    assert recorded.reasons() == {"replay": 1, "unknown_product": 1, "invalid": 1}
    assert shop.saved == {}
    shop.recorder.save_rejections()
    shop.recorder.save_rejections()
    assert shop.saved == recorded.reasons()


def test_counts_are_written_down_while_events_come_in() -> None:
    shop = Shop()
    shop.post("click", "a", "x")
    shop.now += timedelta(seconds=6)
    shop.post("click", "a", "x")
    assert shop.saved == {"unknown_product": 2}


def test_a_cap_forgets_the_oldest_and_not_more() -> None:
    cap = Cap(1, timedelta(hours=1))
    assert cap.takes("first", NOW) and not cap.takes("first", NOW)
    for n in range(REMEMBERED):
        cap.takes(n, NOW)
    assert not cap.takes(REMEMBERED - 1, NOW)
    assert cap.takes("first", NOW)
