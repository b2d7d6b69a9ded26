from random import Random

from finetune.sentiment.composed import Clauses, compose, written_reviews
from retrieval.reviews.sentiment import STARS, prepare


def test_compositions_are_prepared_judged_and_varied() -> None:
    made = compose(Clauses.load(), 400, Random(1))
    assert {example.label for example in made} == set(STARS)
    assert all(example.text == prepare(example.text) for example in made)
    assert not any("{" in example.text for example in made)
    assert len({example.text for example in made}) > 380


def test_clear_stars_hold_clauses_of_one_side_only() -> None:
    clauses = Clauses.load()
    of_side = {
        side: {prepare(c) for kind in clauses.kinds.values() for c in kind.get(side, ())}
        for side in ("good", "bad")
    }
    only_bad = [
        c for c in of_side["bad"] if len(c) > 5 and not any(c in g for g in of_side["good"])
    ]
    for example in compose(clauses, 300, Random(2)):
        if example.label == "5":
            assert not any(clause in example.text for clause in only_bad), example.text


def test_no_clause_is_both_good_and_bad() -> None:
    for name, sides in Clauses.load().kinds.items():
        assert not set(sides.get("good", ())) & set(sides.get("bad", ())), name


def test_whole_reviews_of_all_stars_are_at_hand_to_mix_on() -> None:
    reviews = written_reviews()
    assert {example.label for example in reviews} == set(STARS)
    assert len({example.text for example in reviews}) == len(reviews) >= 400
    assert all(example.text == prepare(example.text) for example in reviews)
