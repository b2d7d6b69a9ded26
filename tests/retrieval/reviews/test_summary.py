from collections.abc import Callable

import pytest

from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.review import Review
from retrieval.reviews.summary import ReviewSummaries
from retrieval.store.review_store import ReviewStore

Make = Callable[..., Review]


@pytest.fixture
def summaries(store: ReviewStore, review: Make) -> ReviewSummaries:
    store.upsert_many(
        [
            review("r1", "Runs small. Really runs small!", rating=2),
            review("r2", "It runs small but the color is lovely.", rating=3),
            review("r3", "True to size.", rating=5),
            review("r4", "The color is gorgeous, very vivid in daylight.", rating=5),
            review("r5", "The color is lovely.", "p2", 5),
        ]
    )
    index_reviews(store)
    return ReviewSummaries(store)


def test_reviews_are_counted_and_not_clauses(summaries: ReviewSummaries) -> None:
    evidence = summaries.get_many(["p1"])["p1"]
    assert (evidence.count, evidence.positive, evidence.negative) == (4, 2, 1)
    assert evidence.rating == 3.75
    sizing = evidence.aspect("sizing")
    assert sizing is not None
    assert (sizing.mentions, sizing.positive, sizing.negative) == (3, 1, 2)
    assert sizing.sentiment < 0


def test_quotes_are_verbatim_and_traceable(summaries: ReviewSummaries, store: ReviewStore) -> None:
    for evidence in summaries.get_many(["p1", "p2"]).values():
        for aspect in evidence.aspects:
            assert aspect.quote and aspect.review_id
            assert aspect.quote in store.get_many([aspect.review_id])[aspect.review_id].text
    sizing = summaries.get_many(["p1"])["p1"].aspect("sizing")
    assert sizing is not None
    assert "small" in str(sizing.quote)  # the side that prevails is quoted


def test_few_mentions_are_shrunk(summaries: ReviewSummaries) -> None:
    found = summaries.get_many(["p1", "p2"])
    two, one = found["p1"].aspect("color"), found["p2"].aspect("color")
    assert two is not None and one is not None
    assert 0 < one.sentiment < two.sentiment < 0.8


def test_products_without_reviews_are_absent(summaries: ReviewSummaries) -> None:
    assert summaries.get_many(["nobody"]) == {}


def test_loading_and_asking_give_the_same(summaries: ReviewSummaries) -> None:
    asked = summaries.get_many(["p1", "p2"])
    assert summaries.load() == 2
    assert summaries.get_many(["p1", "p2"]) == asked


def test_a_new_review_shows_after_forgetting(
    summaries: ReviewSummaries, store: ReviewStore, review: Make
) -> None:
    assert summaries.get_many(["p2"])["p2"].count == 1
    store.upsert_many([review("r6", "Broke.", "p2", 1)])
    summaries.forget(["p2"])
    assert summaries.get_many(["p2"])["p2"].count == 2
