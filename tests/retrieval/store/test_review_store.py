from datetime import UTC, datetime, timedelta

import pytest

from retrieval.reviews.review import Review
from retrieval.store import (
    RatingSummary,
    Reading,
    ReviewAspect,
    ReviewStore,
    Sessions,
    UpsertCounts,
)

START = datetime(2026, 5, 1, tzinfo=UTC)


def review(number: int, product: str = "p1", rating: int = 5, **fields: object) -> Review:
    values: dict[str, object] = {
        "id": f"r{number:03}",
        "product_id": product,
        "customer_id": "c1",
        "rating": rating,
        "text": "很好看 & <b>fits</b>",
        "at": START + timedelta(days=number),
    }
    return Review.model_validate(values | fields)


@pytest.fixture
def reviews(sessions: Sessions) -> ReviewStore:
    return ReviewStore(sessions)


def test_reviews_come_back_as_they_went_in(reviews: ReviewStore) -> None:
    written = [review(1), review(2, customer_id=None), review(3, product="p2")]
    assert reviews.upsert_many(written) == UpsertCounts(created=3)
    assert reviews.upsert_many(written) == UpsertCounts(unchanged=3)
    assert list(reviews.scan(batch=2)) == written
    assert reviews.for_product("p1") == [written[1], written[0]]
    assert reviews.get_many(["r003", "none"]) == {"r003": written[2]}
    assert reviews.of_customer("c1") == [written[0], written[2]]
    assert reviews.count() == 3


def test_ratings_count_stars_by_product(reviews: ReviewStore) -> None:
    stars = {1: 5, 2: 4, 3: 3, 4: 1}
    reviews.upsert_many([review(n, rating=r) for n, r in stars.items()])
    reviews.upsert_many([review(9, product="p2", rating=2)])
    expected = RatingSummary(count=4, mean=3.25, positive=2, negative=1)
    assert reviews.ratings(["p1", "none"]) == {"p1": expected}
    assert reviews.ratings().keys() == {"p1", "p2"}


def test_a_review_is_analysed_once_and_again_when_it_changes(reviews: ReviewStore) -> None:
    reviews.upsert_many([review(1), review(2)])
    found = ReviewAspect("r001", "p1", "sizing", -0.5, "too small")
    reviews.keep_readings("v1", {"r001": Reading([found]), "r002": Reading()})
    assert reviews.unanalysed("v1") == []
    assert [r.id for r in reviews.unanalysed("v2")] == ["r001", "r002"]
    assert reviews.aspects(["p1", "p2"]) == {"p1": [found]}
    assert list(reviews.scan_aspects(batch=1)) == [found]

    reviews.upsert_many([review(1, text="another text"), review(2)])
    assert [r.id for r in reviews.unanalysed("v1")] == ["r001"]
    assert reviews.aspects(["p1"]) == {}


def test_aspects_are_replaced_whole(reviews: ReviewStore) -> None:
    reviews.upsert_many([review(1)])
    old = [ReviewAspect("r001", "p1", name, 1.0, name) for name in ("smell", "sizing")]
    new = [ReviewAspect("r001", "p1", "battery", 1.0, "lasts")]
    reviews.keep_readings("v1", {"r001": Reading(old)})
    reviews.keep_readings("v2", {"r001": Reading(new)})
    assert reviews.aspects(["p1"]) == {"p1": new}


def test_erasing_a_customer_takes_their_reviews_and_aspects(reviews: ReviewStore) -> None:
    reviews.upsert_many([review(1), review(2, customer_id="c2")])
    smell = ReviewAspect("r001", "p1", "smell", 1.0, "nice")
    reviews.keep_readings("v1", {"r001": Reading([smell])})
    assert reviews.erase("c1") == 1
    assert [r.id for r in reviews.scan()] == ["r002"]
    assert list(reviews.scan_aspects()) == []
