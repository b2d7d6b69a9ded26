"""Beliefs of the shop and of customers."""

import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.ranking.belief import Belief
from retrieval.ranking.opinion import Liking, Opinion
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.query import QueryReader
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Product]
MakeEvent = Callable[..., Event]


@pytest.fixture
def shop(product: Make) -> dict[str, Product]:
    made = [
        product(
            f"p{n}",
            price=20.0 + 10 * n,
            brand=("Acme", "Bolt", "Core")[n % 3],
            color=("red", "blue")[n % 2],
        )
        for n in range(12)
    ]
    return {p.id: p for p in made}


def opinion_of(shop: dict[str, Product]) -> Opinion:
    return Opinion(PriceLevels.observe(shop.values()), {"attribute:color": 0.3})


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.floats(-1, 1),
            st.floats(0.0, 0.25),
        ),
        max_size=60,
    )
)
def test_certainty_only_grows_and_weights_stay_finite(
    steps: list[tuple[str, float, float]],
) -> None:
    belief = Belief({"kind": 0.5})
    before = 0.5
    for name, gradient, curvature in steps:
        key = ("kind", name)
        before = belief.variance(key)
        belief.learn([(key, 1.0)], gradient, curvature)
        assert 0 < belief.variance(key) <= before
        assert abs(belief.mean(key)) < 60


def test_a_belief_is_bounded_and_keeps_what_is_known_best() -> None:
    belief = Belief({"kind": 1.0}, limit=20)
    for _ in range(30):
        belief.learn([(("kind", "known"), 1.0)], 0.1, 0.2)
    for n in range(500):
        belief.learn([(("kind", str(n)), 1.0)], -0.1, 0.01)
    assert len(belief.weights) <= 21
    assert ("kind", "known") in belief.weights


def test_what_is_old_is_believed_less() -> None:
    belief = Belief({"kind": 1.0})
    belief.age(10.0)
    belief.learn([(("kind", "a"), 1.0)], 1.0, 0.2)
    mean, variance = belief.mean(("kind", "a")), belief.variance(("kind", "a"))
    belief.age(1010.0)
    assert belief.mean(("kind", "a")) == pytest.approx(mean / 2)
    assert variance < belief.variance(("kind", "a")) < 1


def test_a_stranger_has_no_liking(shop: dict[str, Product]) -> None:
    opinion = opinion_of(shop)
    assert opinion.of_customer(opinion.look(shop["p0"]), None) == Liking()


def test_passing_over_says_something_too(shop: dict[str, Product], event: MakeEvent) -> None:
    opinion = opinion_of(shop)
    profile = CustomerProfile("c")
    for n in range(30):
        shown = event("impression", "p1", days_ago=20 - n / 2, position=0)
        profile.apply(shown, shop["p1"], opinion.levels, opinion)
    liking = opinion.of_customer(opinion.look(shop["p1"]), profile.belief)
    assert liking.brand < 0 and liking.total < 0


def test_the_brand_that_is_clicked_is_liked_and_the_next_list_knows(
    shop: dict[str, Product], event: MakeEvent
) -> None:
    opinion, profile = opinion_of(shop), CustomerProfile("c")
    for n in range(6):
        for key in ("p0", "p1", "p2"):
            profile.apply(
                event("impression", key, days_ago=6 - n, position=0),
                shop[key],
                opinion.levels,
                opinion,
            )
        profile.apply(
            event("click", "p0", days_ago=6 - n - 0.01, position=0),
            shop["p0"],
            opinion.levels,
            opinion,
        )
    acme, bolt = (
        opinion.of_customer(opinion.look(shop[key]), profile.belief).brand for key in ("p3", "p4")
    )
    assert acme > 0.1 > bolt


def test_who_asks_for_a_colour_likes_it(shop: dict[str, Product], event: MakeEvent) -> None:
    opinion, profile = opinion_of(shop), CustomerProfile("c")
    for key, held in shop.items():
        opinion.observe(event("impression", key, days_ago=3, position=0), held)
    asked = event("impression", "p0", days_ago=1, position=3, query="blue dress")
    profile.apply(asked, shop["p0"], opinion.levels, opinion)
    belief = profile.belief
    assert belief is not None
    assert belief.mean(("attribute:color", "blue")) > 0 > belief.mean(("attribute:color", "red"))
    once = belief.mean(("attribute:color", "blue"))
    again = event("impression", "p2", days_ago=1, position=4, query="blue dress")
    profile.apply(again, shop["p2"], opinion.levels, opinion)
    assert belief.mean(("attribute:color", "blue")) <= once  # the same list asks no second time


def test_examination_is_learnt_from_clicks_beyond_merit(
    shop: dict[str, Product], event: MakeEvent
) -> None:
    opinion, random = opinion_of(shop), Random(3)
    for n in range(4000):
        place, key = n % 4, random.choice(sorted(shop))
        opinion.observe(event("impression", key, days_ago=30 - n / 200, position=place), shop[key])
        if random.random() < 0.3 * (1.0, 0.5, 0.25, 0.25)[place]:
            opinion.observe(event("click", key, days_ago=30 - n / 200, position=place), shop[key])
    learnt = [opinion.examination(place) for place in range(4)]
    assert learnt[0] == 1
    assert learnt[1] == pytest.approx(0.5, abs=0.12)
    assert learnt[2] == pytest.approx(0.25, abs=0.1)


def test_a_category_word_is_no_wish(product: Make) -> None:
    office = product(
        "chair",
        category_path=["Furniture", "Office chairs"],
        attributes={"use": ["office"], "color": ["red"]},
    )
    other = product("sofa", category_path=["Furniture", "Sofas"], attributes={"use": ["home"]})
    reader = QueryReader(PriceLevels.observe([office, other]))
    assert reader.fit("office chair", office).value == 0
    assert reader.fit("red office chair", office).value == 1
    assert reader.fit("office sofa", other).value == -1
    assert reader.fit(None, office) == reader.fit("", office)


def test_an_event_changes_the_next_turn_within_fifty_milliseconds(
    shop: dict[str, Product], event: MakeEvent
) -> None:
    """State stays bounded however much comes, and one more event takes no longer."""
    opinion, profile = opinion_of(shop), CustomerProfile("c")
    keys = sorted(shop)
    for n in range(3000):
        key = keys[n % len(keys)]
        shown = event("impression", key, days_ago=20 - n / 200, position=n % 12, query=f"thing {n}")
        profile.apply(shown, shop[key], opinion.levels, opinion)
        if n % 9 == 0:
            clicked = shown.model_copy(
                update={"type": EventType.CLICK, "at": shown.at + timedelta(seconds=9)}
            )
            profile.apply(clicked, shop[key], opinion.levels, opinion)
    assert profile.belief is not None and len(profile.belief.weights) <= 1000
    assert len(profile.latest) <= 20 and len(profile.products) <= 100
    look = opinion.look(shop["p3"])
    before = opinion.of_customer(look, profile.belief).total
    began = time.perf_counter()
    profile.apply(event("click", "p3", position=0), shop["p3"], opinion.levels, opinion)
    after = opinion.of_customer(look, profile.belief).total
    assert time.perf_counter() - began < 0.05
    assert after > before
    assert profile.latest[-1] == ("p3", EventType.CLICK)
