from collections.abc import Callable
from datetime import UTC, datetime, timedelta

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


def test_two_quotes_of_two_reviews_in_the_readers_language(
    store: ReviewStore, review: Make
) -> None:
    store.upsert_many(
        [
            review("a", "Runs small, really small."),
            review("b", "True to size."),
            review("c", "尺码偏小，买大一号。"),
            review("d", "It runs small."),
        ]
    )
    index_reviews(store)
    sizing = ReviewSummaries(store).get_many(["p1"])["p1"].aspect("sizing")
    assert sizing is not None
    assert [(q.review_id, q.sign) for q in sizing.quotes_in("en")][1] == ("b", 1)
    assert sizing.quotes_in("zh")[0].review_id == "c"
    for quote in (*sizing.quotes_in("en"), *sizing.quotes_in("zh")):
        assert quote.text in store.get_many([quote.review_id])[quote.review_id].text


def test_recent_reviews_count_more_and_a_turn_is_told(store: ReviewStore, review: Make) -> None:
    def dated(key: str, text: str, days: int) -> Review:
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=days)
        return review(key, text).model_copy(update={"at": moment})

    good = [dated(f"g{n}", "The battery is great.", n) for n in range(8)]
    bad = [dated(f"b{n}", "The battery is awful.", 600 + n) for n in range(8)]
    store.upsert_many([*good, *bad])
    index_reviews(store)
    battery = ReviewSummaries(store).get_many(["p1"])["p1"].aspect("battery")
    assert battery is not None
    assert (battery.positive, battery.negative) == (8, 8)
    assert battery.sentiment < -0.1
    assert battery.trend is not None
    assert (battery.trend.direction, battery.trend.recent_mentions) == ("worse", 8)
    slow = ReviewSummaries(store, half_life_days=1e6).get_many(["p1"])["p1"].aspect("battery")
    assert slow is not None and slow.sentiment == pytest.approx(0, abs=0.01)


def test_suspected_reviews_are_counted_and_weigh_less(store: ReviewStore, review: Make) -> None:
    genuine = [review(f"g{n}", f"The battery is awful, day {n}.") for n in range(3)]
    praise = "The battery is great and lasts for days on end even when I film all afternoon long."
    fakes = [review(f"z{n}", praise, rating=5) for n in range(9)]
    store.upsert_many([*genuine, *fakes])
    index_reviews(store)
    evidence = ReviewSummaries(store).get_many(["p1"])["p1"]
    battery = evidence.aspect("battery")
    assert battery is not None
    assert (battery.mentions, battery.suspected, evidence.suspected) == (12, 8, 8)
    assert battery.sentiment < 0.1  # nine to three, were they all believed


def test_what_is_usual_in_the_department_is_taken_for_granted(
    store: ReviewStore, review: Make, sell: Callable[..., None]
) -> None:
    for n in range(8):
        sell(f"good{n}", "Audio")
        sell(f"bad{n}", "Toys")
        store.upsert_many(
            review(f"g{n}-{i}", "The battery is great.", f"good{n}", 5) for i in range(4)
        )
        store.upsert_many(
            review(f"b{n}-{i}", "The battery is awful.", f"bad{n}", 1) for i in range(4)
        )
    sell("new-a", "Audio")
    sell("new-t", "Toys")
    for name in ("new-a", "new-t"):
        store.upsert_many([review(name, "The battery is so so.", name, 3)])
    index_reviews(store)
    summaries = ReviewSummaries(store)
    summaries.load()
    found = summaries.get_many(["new-a", "new-t"])
    audio, toys = found["new-a"].aspect("battery"), found["new-t"].aspect("battery")
    assert audio is not None and toys is not None
    assert audio.sentiment > toys.sentiment
