from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.catalog.product import Product
from retrieval.events.event import Event
from retrieval.ranking.profile import (
    KEYS_PER_KIND,
    RECENT_PRODUCTS,
    TRAIL,
    CustomerProfile,
    day_of,
)
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Any]


@pytest.fixture
def levels(product: Make) -> PriceLevels:
    return PriceLevels.observe([product(str(price), price) for price in (20, 50, 100)])


def learn(profile: CustomerProfile, levels: PriceLevels, *pairs: tuple[Event, Product]) -> None:
    for event, product in pairs:
        profile.apply(event, product, levels)


def test_a_stranger_has_no_tastes(now: datetime) -> None:
    profile = CustomerProfile()
    assert profile.taste("brand", "acme", day_of(now)) == 0
    assert profile.price_level(day_of(now)) is None
    assert profile.certainty("brand", day_of(now)) == 0
    assert profile.recent() == []


def test_purchases_weigh_more_than_clicks_and_impressions_nothing(
    product: Make, event: Make, levels: PriceLevels, now: datetime
) -> None:
    a, b, c = (product(k, brand=k) for k in ("Alpha", "Beta", "Gamma"))
    profile = CustomerProfile("c1")
    learn(profile, levels, (event("click", a.id), a), (event("purchase", b.id), b))
    learn(profile, levels, (event("impression", c.id), c))
    alpha, beta, gamma = (
        profile.taste("brand", k, day_of(now)) for k in ("alpha", "beta", "gamma")
    )
    assert beta > alpha > gamma == 0
    assert profile.actions == 2
    assert profile.products["Gamma"].shown == 1


def test_what_is_long_past_counts_less(
    product: Make, event: Make, levels: PriceLevels, now: datetime
) -> None:
    old, new = product("o", color="red"), product("n", color="blue")
    profile = CustomerProfile("c1")
    learn(profile, levels, (event("click", "o", 28), old), (event("click", "n"), new))
    red = profile.taste("attribute:color", "red", day_of(now))
    blue = profile.taste("attribute:color", "blue", day_of(now))
    assert blue == pytest.approx(4 * red)


def test_the_order_of_arrival_does_not_matter(
    product: Make, event: Make, levels: PriceLevels, now: datetime
) -> None:
    pairs = [
        (event("click", "a", 20), product("a", 20)),
        (event("purchase", "b", 3), product("b", 100)),
    ]
    one, other = CustomerProfile(), CustomerProfile()
    learn(one, levels, *pairs)
    learn(other, levels, *reversed(pairs))
    day = day_of(now)
    assert one.taste("brand", "acme", day) == pytest.approx(other.taste("brand", "acme", day))
    assert one.price_level(day) == pytest.approx(other.price_level(day))


def test_taking_out_of_the_cart_turns_a_taste_round(
    product: Make, event: Make, levels: PriceLevels, now: datetime
) -> None:
    thing = product("a")
    profile = CustomerProfile()
    learn(profile, levels, (event("click", "a", 0.2), thing))
    before = profile.taste("brand", "acme", day_of(now))
    learn(profile, levels, (event("remove_from_cart", "a", 0.1), thing))
    assert profile.taste("brand", "acme", day_of(now)) < 0 < before


def test_the_same_event_twice_counts_once(product: Make, event: Make, levels: PriceLevels) -> None:
    profile, thing = CustomerProfile(), product("a")
    clicked = event("click", "a")
    learn(profile, levels, (clicked, thing), (clicked, thing))
    assert (profile.actions, profile.count("brand", "acme")) == (1, 1)


def test_the_price_level_follows_what_is_bought(
    product: Make, event: Make, levels: PriceLevels, now: datetime
) -> None:
    profile = CustomerProfile()
    learn(profile, levels, (event("purchase", "a"), product("a", 100)))
    assert profile.price_level(day_of(now)) == pytest.approx(0.693, abs=0.01)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(count=st.integers(150, 400))
def test_a_profile_stays_small(product: Make, event: Make, levels: PriceLevels, count: int) -> None:
    profile = CustomerProfile("c1")
    for number in range(count):
        thing = product(f"p{number}", brand=f"Brand {number}", color=f"color {number}")
        kind = "click" if number % 2 else "impression"
        profile.apply(event(kind, thing.id, days_ago=1 - number / count), thing, levels)
    assert len(profile.products) <= RECENT_PRODUCTS
    assert all(len(keys) <= KEYS_PER_KIND for keys in profile.tastes.values())
    assert all(len(keys) <= KEYS_PER_KIND for keys in profile.counts.values())
    assert len(profile.trail) == TRAIL
    last = count - 1 if (count - 1) % 2 else count - 2
    assert profile.recent(1) == [f"p{last}"]


def test_days_are_counted_from_the_epoch(now: datetime) -> None:
    assert day_of(now + timedelta(days=1)) - day_of(now) == 1
    assert day_of(now.replace(tzinfo=None)) == day_of(now)
