"""The store as a whole: sizes, sameness, dates."""

from datetime import UTC, datetime

import numpy as np

from retrieval.demo.generator import REFERENCE_NOW, DemoStore, generate


def dump(store: DemoStore) -> list[str]:
    records = [*store.products, *store.reviews, *store.customers, *store.orders]
    return [record.model_dump_json() for record in records]


def test_same_seed_same_store(small: DemoStore) -> None:
    again = generate(seed=11, scale=0.15)
    assert dump(again) == dump(small)
    for name in ("kind", "customer", "product", "position", "query", "seconds"):
        assert np.array_equal(getattr(again.events, name), getattr(small.events, name)), name
    assert again.truth.labels == small.truth.labels


def test_another_seed_another_store(small: DemoStore) -> None:
    other = generate(seed=12, scale=0.15)
    assert {p.title for p in other.products} != {p.title for p in small.products}


def test_another_now_only_moves_dates(small: DemoStore) -> None:
    now = datetime(2030, 5, 6, 7, tzinfo=UTC)
    moved = generate(seed=11, scale=0.15, now=now)
    assert max(event.at for event in moved.events) <= now
    moved.move_to(REFERENCE_NOW)
    assert dump(moved) == dump(small)


def test_a_month_of_behaviour_and_a_year_of_reviews(small: DemoStore) -> None:
    days = small.events.seconds / 86_400
    assert days.min() >= 0 and 29 < days.max() <= 30
    ages = [(REFERENCE_NOW - review.at).days for review in small.reviews]
    assert min(ages) >= 0 and 300 < max(ages) <= 365
    born = {p.id: p.created_at for p in small.products if p.created_at}
    assert all(born[r.product_id] <= r.at for r in small.reviews)


def test_ratings_are_those_of_the_reviews(small: DemoStore) -> None:
    for product in small.products:
        stars = [r.rating for r in small.reviews if r.product_id == product.id]
        assert product.review_count == len(stars)
        assert product.rating == (round(sum(stars) / len(stars), 2) if stars else None)
