"""Features of a list: what they rest on may change at any time, and the next list knows."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from retrieval.candidate import Candidate
from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.events.event import Event
from retrieval.ranking.features import BEHAVIOUR, Features
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.ranker import LearnedRanker
from retrieval.ranking.scorers import LinearScorer
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Product]
Seen = dict[str, float]


class Shop:
    """Three products, and whoever looks at them."""

    def __init__(self, products: list[Product], now: datetime) -> None:
        self.products = products
        self.now = now
        self.levels = PriceLevels.observe(products)
        self.opinion = Opinion(self.levels, {"attribute:color": 0.3})
        self.popularity = Popularity()
        self.features = Features(self.popularity, self.levels, self.opinion)
        self.profile = CustomerProfile("c1")

    def see(self, place: int = 0, **changed: Any) -> Seen:
        found = [Candidate(p, p.variants[0]) for p in self.products]
        for name, value in changed.items():
            setattr(found[place], name, value)
        rows = self.features.behaviour(found, self.profile, self.now)
        return dict(zip(BEHAVIOUR, rows[place].tolist(), strict=True))

    def happen(self, event: Event) -> None:
        product = next(p for p in self.products if p.id == event.product_id)
        self.profile.apply(event, product, self.levels, self.opinion)
        self.popularity.observe([event])
        self.opinion.observe(event, product)


@pytest.fixture
def shop(product: Make, now: datetime) -> Shop:
    made = [product(f"p{n}", 20.0 * (n + 1), brand="ABC"[n], color=("red", "blue")[n % 2])
            for n in range(3)]  # fmt: skip
    return Shop(made, now)


def moved(before: Seen, after: Seen) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_changed_product_is_read_anew(shop: Shop, product: Make) -> None:
    before = shop.see()
    shop.products[0] = product("p0", 20.0, brand="B", color="red", rating=5.0, review_count=90)
    assert {"rating", "review_count"} <= moved(before, shop.see())
    for days in range(5):
        at = shop.now - timedelta(days=9 - days)
        for kind in ("impression", "click"):
            shop.happen(Event(type=kind, customer_id="c1", product_id="p1", at=at, position=0))
    liked = shop.see()
    shop.products[0] = product("p0", 20.0, brand="C", color="red", rating=5.0, review_count=90)
    assert liked["liking_brand"] > shop.see()["liking_brand"] == 0
    assert liked["taste_brand"] > shop.see()["taste_brand"] == 0


def test_a_changed_price_is_seen_at_once(shop: Shop, product: Make) -> None:
    before = shop.see(1)
    shop.products[1] = product("p1", 30.0, brand="B", color="blue", list_price=40.0)
    after = shop.see(1)
    assert after["price_level"] == pytest.approx(before["price_level"] + np.log(30 / 40))
    assert after["price_rank"] == pytest.approx(np.log(30 / 20) / np.log(60 / 20))
    assert after["discount"] == pytest.approx(0.25)
    other = Variant(sku="x", price=60.0)
    assert shop.see(1, variant=other)["price_rank"] == 1.0  # the variant that is shown counts


def test_prices_of_the_catalogue_move_what_a_price_means(shop: Shop, product: Make) -> None:
    before = shop.see(2)
    assert before["price_rank"] == 1.0
    shop.levels.follow(CatalogFacets.observe([*shop.products, product("p9", 400.0)]))
    after = shop.see(2)
    assert 0 < after["price_rank"] < 1 and after["price_level"] < before["price_level"]


def test_an_event_moves_popularity_and_likings(shop: Shop, event: Callable[..., Event]) -> None:
    before = shop.see(1)
    for n in range(5):
        shop.happen(event("impression", "p1", days_ago=1 - n / 10, position=0))
        shop.happen(event("click", "p1", days_ago=1 - n / 10, position=0))
    after = shop.see(1)
    changed = {"click_lift", "exposure", "shop_product", "liking_brand", "liking_price",
               "liking_attribute", "taste_category", "trail", "seen"}  # fmt: skip
    assert changed <= moved(before, after)
    later = shop.now + timedelta(days=60)
    shop.now = later
    assert shop.see(1)["exposure"] < after["exposure"]  # and time passes


def test_a_list_is_the_same_as_its_products_one_by_one(
    shop: Shop, event: Callable[..., Event]
) -> None:
    for n in range(30):
        shop.happen(event("impression", f"p{n % 3}", days_ago=9 - n / 10, position=n % 3))
        if n % 4 == 0:
            shop.happen(event("click", f"p{n % 3}", days_ago=9 - n / 10, position=n % 3))
    found = [Candidate(p, p.variants[0]) for p in shop.products]
    whole = shop.features.behaviour(found, shop.profile, shop.now)
    alone = [shop.features.behaviour([c], shop.profile, shop.now)[0] for c in found]
    np.testing.assert_allclose(whole, np.array(alone), atol=1e-12)
    assert shop.features.behaviour([], shop.profile, shop.now).shape == (0, len(BEHAVIOUR))


def test_a_product_without_category_brand_or_attributes_is_no_error(
    shop: Shop, product: Make
) -> None:
    bare = Product(id="bare", title="Bare", variants=[Variant(sku="bare", price=5.0)])
    shop.products[0] = bare
    assert all(np.isfinite(value) for value in shop.see().values())
    shop.happen(Event(type="click", customer_id="c1", product_id="bare", at=shop.now))
    assert shop.see()["taste_brand"] == 0 and shop.see()["clicked"] > 0


def test_ranking_a_hundred_costs_little_more_than_ranking_ten(
    shop: Shop, product: Make, event: Callable[..., Event]
) -> None:
    """No candidate is looked at by itself."""
    many = [product(f"m{n}", 10.0 + n, brand="ABC"[n % 3]) for n in range(100)]
    shop.products = many
    for n in range(60):
        shop.happen(event("click", f"m{n}", days_ago=5 - n / 20, position=n % 9))
    ranker = LearnedRanker(shop.features, LinearScorer())
    found = [Candidate(p, p.variants[0]) for p in many]

    def took(count: int) -> float:
        began = time.process_time()
        for _ in range(10):
            ranker.rank(found[:count], shop.profile, Constraints())
        return time.process_time() - began

    took(100)
    assert min(took(100) for _ in range(3)) < 5 * min(took(10) for _ in range(3))
