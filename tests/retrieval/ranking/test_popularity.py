from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from retrieval.events.event import Event
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import day_of

Make = Callable[..., Any]


class Log:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def after(self, sequence: int, limit: int = 10_000) -> list[tuple[int, Event]]:
        found = enumerate(self.events[sequence : sequence + limit], start=sequence + 1)
        return list(found)


def test_nothing_is_known_of_a_new_product(now: datetime) -> None:
    standing = Popularity().standings(["p"], day_of(now))["p"]
    assert (standing.click_lift, standing.purchase_lift, standing.exposure) == (0, 0, 0)


def test_clicks_raise_and_impressions_lower(event: Make, now: datetime) -> None:
    popularity = Popularity()
    popularity.observe([event("impression", key, position=0) for key in ("a", "b") * 50])
    popularity.observe([event("click", "a", position=0) for _ in range(10)])
    found = popularity.standings(["a", "b"], day_of(now))
    assert found["a"].click_lift > 0 > found["b"].click_lift


def test_few_impressions_say_little(event: Make, now: datetime) -> None:
    popularity = Popularity()
    for key, count in (("few", 2), ("many", 200)):
        popularity.observe([event("impression", key, position=0) for _ in range(count)])
        popularity.observe([event("click", key, position=0) for _ in range(count // 2)])
    popularity.observe([event("impression", "rest", position=0) for _ in range(2000)])
    found = popularity.standings(["few", "many"], day_of(now))
    assert 0 < found["few"].click_lift < found["many"].click_lift


def test_what_is_past_fades(event: Make, now: datetime) -> None:
    popularity = Popularity()
    popularity.observe([event("purchase", "old", 28) for _ in range(8)])
    popularity.observe([event("purchase", "new") for _ in range(8)])
    found = popularity.standings(["old", "new"], day_of(now))
    assert found["new"].volume > found["old"].volume


def test_the_place_in_the_list_is_allowed_for(event: Make, now: datetime) -> None:
    """Two equally good products, one always shown first, one always shown where few look."""
    random = Random(5)
    looked = [1.0, 0.8, 0.6, 0.4, 0.2]
    events = []
    for _ in range(6000):
        for place, key in enumerate(["top", "x", "y", "z", "low"]):
            shuffled = random.choice("abcde") if key in "xyz" else key
            events.append(event("impression", shuffled, position=place))
            if random.random() < 0.3 * looked[place]:
                events.append(event("click", shuffled, position=place))
    popularity = Popularity()
    popularity.observe(events[:15_000])
    popularity.bias.fit()
    popularity.observe(events[15_000:])
    found = popularity.standings(["top", "low"], day_of(now))
    raw = {k: sum(e.product_id == k and e.type == "click" for e in events) for k in ("top", "low")}
    assert raw["top"] > 4 * raw["low"]
    assert abs(found["top"].click_lift - found["low"].click_lift) < 0.7  # unallowed for: 1.6
    assert popularity.bias.propensities == sorted(popularity.bias.propensities, reverse=True)
    assert popularity.bias.propensity(4) == pytest.approx(0.2, abs=0.05)


def test_purchases_of_thirty_days_are_counted_exactly(event: Make, now: datetime) -> None:
    popularity = Popularity()
    popularity.observe([event("purchase", "p", days) for days in (40, 31, 29, 3, 0)])
    assert popularity.bought_recently("p", now) == 3
    assert popularity.bought_recently("p", now + timedelta(days=26)) == 2
    assert popularity.bought_recently("q", now) == 0


def test_a_refresh_reads_only_what_is_new(event: Make, now: datetime) -> None:
    log, popularity = Log(), Popularity()
    log.events = [event("purchase", "p") for _ in range(3)]
    assert popularity.refresh(log) == 3
    log.events.append(event("purchase", "p"))
    assert popularity.refresh(log) == 1
    assert popularity.bought_recently("p", now) == 4
