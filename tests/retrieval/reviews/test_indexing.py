from collections.abc import Callable
from time import perf_counter

from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.review import Review
from retrieval.store.review_store import ReviewStore

Make = Callable[..., Review]


def test_only_new_and_changed_reviews_are_read(store: ReviewStore, review: Make) -> None:
    store.upsert_many([review("r1", "Runs small."), review("r2", "Just a mug.")])
    assert index_reviews(store) == 2
    assert index_reviews(store) == 0
    store.upsert_many([review("r2", "The mug broke."), review("r3", "很舒服")])
    assert index_reviews(store) == 2
    found = {(a.review_id, a.aspect) for a in store.aspects(["p1"])["p1"]}
    assert found == {("r1", "sizing"), ("r2", "durability"), ("r3", "comfort")}


def test_title_and_text_are_both_read(store: ReviewStore, review: Make) -> None:
    both = review("r1", "It stinks.").model_copy(update={"title": "Great sound"})
    store.upsert_many([both])
    index_reviews(store)
    assert {a.aspect for a in store.aspects(["p1"])["p1"]} == {"sound", "smell"}


def test_progress_is_told_and_three_hundred_a_second_are_read(
    store: ReviewStore, review: Make
) -> None:
    texts = [
        "The shade is lovely but it runs a bit small, and the seams came loose.",
        "很舒服，不过物流慢。",
    ]
    store.upsert_many(review(f"r{n}", texts[n % 2]) for n in range(600))
    told: list[int] = []
    begun = perf_counter()
    assert index_reviews(store, told.append, batch=200) == 600
    assert perf_counter() - begun < 2.0
    assert told == [200, 400, 600]
