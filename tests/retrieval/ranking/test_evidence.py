from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from retrieval.candidate import AspectEvidence, Candidate, Evidence, ReviewEvidence
from retrieval.constraints import Constraints
from retrieval.ranking.evidence import gather
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Any]


@pytest.fixture
def tell(now: datetime) -> Make:
    def gathered(
        shown: list[Candidate],
        profile: CustomerProfile | None = None,
        wanted: Constraints | None = None,
        popularity: Popularity | None = None,
    ) -> dict[str, dict[str, Any]]:
        """The evidence of the first one shown, by key."""
        gather(shown, profile, wanted, popularity or Popularity(), now)
        return {evidence.key: evidence.values for evidence in shown[0].evidence}

    return gathered


def test_of_several_the_cheapest_is_told_with_their_number(candidate: Make, tell: Make) -> None:
    shown = [candidate("a", 20.0), candidate("b", 30.0), candidate("c", 25.0)]
    assert tell(shown)["price_cheapest"] == {"price": 20.0, "n": 3}
    assert all(e.key != "price_cheapest" for c in shown[1:] for e in c.evidence)


def test_two_equally_cheap_are_neither_the_cheapest(candidate: Make, tell: Make) -> None:
    assert tell([candidate("a", 20.0), candidate("b", 20.0)]) == {}
    assert tell([candidate("a", 20.0)]) == {}


def test_a_reduction_is_told_and_a_raise_is_not(candidate: Make, tell: Make) -> None:
    reduced = candidate("a", 40.0, list_price=59.9)
    expected = {"price": 40.0, "list_price": 59.9, "saved": 19.9}
    assert tell([reduced])["price_below_list"] == expected
    assert tell([candidate("b", 40.0, list_price=30.0)]) == {}


def test_history_names_what_was_looked_at_and_how_often(
    candidate: Make, product: Make, event: Make, tell: Make
) -> None:
    profile, levels = CustomerProfile("c1"), PriceLevels.observe([product("x")])
    for number in range(3):
        seen = product(f"seen{number}", brand="Loved", color="green")
        profile.apply(event("click", seen.id, days_ago=number), seen, levels)
    told = tell([candidate("a", brand="Loved", color="blue")], profile)
    assert told["history_brand"] == {"brand": "Loved", "n": 3}
    assert told["history_category"] == {"category": "Dresses", "n": 3}
    assert "history_attribute" not in told


def test_one_look_is_no_history(candidate: Make, product: Make, event: Make, tell: Make) -> None:
    profile, levels = CustomerProfile("c1"), PriceLevels.observe([product("x")])
    seen = product("seen")
    profile.apply(event("click", "seen"), seen, levels)
    assert tell([candidate("a")], profile) == {}


def test_popular_is_a_count_of_purchases(candidate: Make, event: Make, tell: Make) -> None:
    popularity = Popularity()
    popularity.observe([event("purchase", "a", days) for days in (50, 20, 2, 1)])
    told = tell([candidate("a")], popularity=popularity)
    assert told["popular_bought"] == {"n": 3, "days": 30}


def test_reviews_are_told_with_counts_and_quote(candidate: Make, tell: Make) -> None:
    one = candidate("a")
    comfort = AspectEvidence("comfort", 0.6, 7, 6, 1, "so soft", "r9")
    one.reviews = ReviewEvidence(12, 10, 1, 4.5, [comfort])
    told = tell([one])
    assert told["reviews_rating"] == {"rating": 4.5, "n": 12}
    expected = {"aspect": "comfort", "n": 7, "positive": 6, "negative": 1}
    assert told["reviews_praised"] == {**expected, "quote": "so soft", "review_id": "r9"}


def test_an_aspect_asked_for_that_nobody_judged_is_said_to_be_unknown(
    candidate: Make, tell: Make
) -> None:
    one = candidate("a")
    one.reviews = ReviewEvidence(5, 5, 0, 3.0)
    told = tell([one], wanted=Constraints(avoid_aspects=["sizing"]))
    assert told == {"reviews_no_evidence": {"aspect": "sizing"}}


def test_new_is_told_for_thirty_days(candidate: Make, tell: Make, now: datetime) -> None:
    assert tell([candidate("a", created_at=now - timedelta(days=5))])["new_listed"] == {"days": 5}
    assert tell([candidate("b", created_at=now - timedelta(days=31))]) == {}


def test_what_moved_it_up_comes_first(candidate: Make, tell: Make, now: datetime) -> None:
    for leading, other in (("price", "new"), ("new", "price")):
        one = candidate("a", 40.0, list_price=50.0, created_at=now)
        feature = {"price": "discount", "new": "newness"}
        one.contributions = {feature[leading]: 0.9, feature[other]: 0.1}
        one.evidence = [
            Evidence("diverse", "diverse_brand", {"brand": "Acme"}),
            Evidence("match", "match_words", {"words": ["dress"]}),
        ]
        tell([one])
        assert [e.kind for e in one.evidence] == ["match", leading, other, "diverse"]
