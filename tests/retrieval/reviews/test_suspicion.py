from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.review import Review
from retrieval.reviews.suspicion import alike, bursts, text_print
from retrieval.store.review_store import ReviewStore, day_of

Make = Callable[..., Review]
START = datetime(2026, 1, 1, tzinfo=UTC)
LONG = "I bought this for my sister and she has worn it every single day since then without fail."
LONG_ZH = "给妹妹买的生日礼物，她收到以后非常喜欢，每天都背着去上班，同事们都问是在哪里买的。"


def calm(make: Make, count: int = 20, every_days: int = 10) -> list[Review]:
    return [
        make(f"old{n}", f"Text number {n}.", rating=5).model_copy(
            update={"at": START + timedelta(days=n * every_days)}
        )
        for n in range(count)
    ]


def rush(make: Make, count: int, rating: int = 5) -> list[Review]:
    begin = START + timedelta(days=95)
    return [
        make(f"new{n}", f"Rushed text {n}.", rating=rating).model_copy(
            update={"at": begin + timedelta(hours=n)}
        )
        for n in range(count)
    ]


def volume(reviews: list[Review]) -> Counter[int]:
    return Counter(day_of(r.at) for r in reviews)


def test_a_burst_is_suspected_and_names_its_reviews(review: Make) -> None:
    reviews = [*calm(review), *rush(review, 8)]
    found = {s.review_id: s for s in bursts(reviews, {})}
    assert {f"new{n}" for n in range(8)} <= found.keys()
    assert set(found["new0"].because["reviews"]) >= {f"new{n}" for n in range(8)}
    assert found["new0"].because["usual"] < 1
    assert sum(key.startswith("old") for key in found) <= 1


def test_steady_reviews_are_no_burst(review: Make) -> None:
    assert list(bursts(calm(review, 60, 1), {})) == []


def test_what_every_product_gets_at_a_sale_is_no_burst(review: Make) -> None:
    reviews = [*calm(review), *rush(review, 8)]
    everywhere = volume(reviews)
    quiet = dict.fromkeys(range(day_of(START), day_of(START) + 200), 10)
    assert list(bursts(reviews, quiet | everywhere)) != []
    sale = quiet | {day: 900 for day in everywhere if everywhere[day] > 1}
    assert list(bursts(reviews, sale)) == []


def test_a_feed_without_dates_is_no_burst(review: Make) -> None:
    same_day = [review(f"r{n}", f"Text {n}", rating=5) for n in range(30)]
    assert list(bursts(same_day, {})) == []


@pytest.mark.parametrize("text", [LONG, LONG_ZH])
def test_nearly_equal_texts_are_suspected_all_but_the_first(review: Make, text: str) -> None:
    copies = [review("a", text), review("b", text + " !!!"), review("c", text + " Wow 哇")]
    found = {s.review_id: s for s in alike(copies)}
    assert found.keys() == {"b", "c"}
    assert found["b"].because["reviews"] == ["a"]


def test_short_and_different_texts_are_not_suspected(review: Make) -> None:
    texts = ["Great!", "Great!", "很好", "很好", LONG, LONG_ZH]
    assert list(alike([review(f"r{n}", t) for n, t in enumerate(texts)])) == []


def test_prints_overlook_case_and_punctuation() -> None:
    assert text_print("", LONG) == text_print("", LONG.upper().replace(".", "!"))
    assert text_print("", LONG) != text_print("", LONG_ZH)
    assert text_print("", "Great product.") is None


def test_one_text_under_many_products_is_suspected_but_not_of_one_hand(
    store: ReviewStore, review: Make
) -> None:
    copies = [review(f"r{n}", LONG, f"p{n}") for n in range(3)]
    own = [
        review(f"o{n}", LONG_ZH, f"p{n}").model_copy(update={"customer_id": "c"}) for n in range(2)
    ]
    store.upsert_many([*copies, *own])
    index_reviews(store)
    assert {s.review_id: s.because["reviews"] for s in store.suspicions()} == {
        "r1": ["r0"],
        "r2": ["r0"],
    }


def test_stars_against_the_text_are_suspected(store: ReviewStore, review: Make) -> None:
    bad = "Terrible quality. The battery is awful. It broke after a day."
    store.upsert_many([review("five", bad, rating=5), review("one", bad, rating=1)])
    index_reviews(store)
    (found,) = store.suspicions(["p1"])
    assert (found.review_id, found.kind, found.because["rating"]) == ("five", "mismatch", 5)
    assert found.because["polarity"] < -0.5


def test_a_suspicion_goes_with_its_grounds(store: ReviewStore, review: Make) -> None:
    store.upsert_many([review("a", LONG), review("b", LONG)])
    index_reviews(store)
    assert [s.review_id for s in store.suspicions()] == ["b"]
    store.upsert_many([review("b", "Something else altogether.")])
    index_reviews(store)
    assert store.suspicions() == []
