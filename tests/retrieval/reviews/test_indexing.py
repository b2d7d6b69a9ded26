from collections.abc import Callable, Sequence
from time import process_time

from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.review import Review
from retrieval.reviews.sentiment import Sentiment
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
    begun = process_time()
    assert index_reviews(store, told.append, batch=200) == 600
    assert process_time() - begun < 2.0
    assert told == [200, 400, 600]


class Judge:
    """Is sure of what says so, and remembers what it was asked."""

    def __init__(self, fingerprint: str = "one") -> None:
        self.fingerprint = fingerprint
        self.clauses = None
        self.asked: list[str] = []

    def judge(self, texts: Sequence[str]) -> list[Sentiment]:
        self.asked += texts
        sure, unsure = Sentiment(0.9, 0.05, 0.05, -0.8), Sentiment(0.4, 0.3, 0.3, -0.1)
        return [sure if "surely" in text else unsure for text in texts]


def test_a_judge_decides_where_it_is_sure(store: ReviewStore, review: Make) -> None:
    praise = "Beautiful color, great sound."
    sure = review("r1", f"{praise} I surely mean it.").model_copy(update={"title": "Hm"})
    alone = review("r4", "I surely mean it.").model_copy(update={"title": "Hm"})
    store.upsert_many([sure, review("r2", praise), review("r3", "Just a mug."), alone])
    judge = Judge()
    assert index_reviews(store, judge=judge) == 4
    found = {r.id: polarity for r, polarity in store.of_products(["p1"])}
    assert found["r4"] == -0.8
    assert found["r1"] is None  # every mention contradicts the judge
    assert found["r2"] is not None
    assert found["r2"] > 0
    assert found["r3"] is None
    assert judge.asked[0].startswith("Hm. Beautiful")


def test_only_what_a_judge_has_not_read_is_judged(store: ReviewStore, review: Make) -> None:
    store.upsert_many([review("r1", "Runs small."), review("r2", "Just a mug.")])
    assert index_reviews(store) == 2
    first, other = Judge(), Judge("another")
    assert index_reviews(store, judge=first) == 2
    store.upsert_many([review("r3", "Runs large.")])
    assert index_reviews(store, judge=first) == 1
    assert first.asked == ["Runs small.", "Just a mug.", "Runs large."]
    assert index_reviews(store, judge=other) == 3
