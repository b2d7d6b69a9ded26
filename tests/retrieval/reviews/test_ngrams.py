import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.reviews.ngrams import NgramModel, buckets_of


@given(st.text(max_size=60), st.integers(1, 5))
def test_places_are_distinct_ascending_and_inside_the_table(text: str, longest: int) -> None:
    found = buckets_of(text, longest, 12)
    assert (np.diff(found) > 0).all()
    assert ((found >= 0) & (found < 2**12)).all()


@given(st.text(max_size=40))
def test_longer_grams_are_added_to_the_shorter_ones(text: str) -> None:
    assert set(buckets_of(text, 1, 20)) <= set(buckets_of(text, 3, 20))


def test_words_are_whole_and_chinese_goes_by_character() -> None:
    assert buckets_of("runs small", 1, 20).size == 2
    assert buckets_of("质量很好", 1, 20).size == 4
    assert buckets_of("质量很好", 2, 20).size == 7
    assert set(buckets_of("Runs SMALL", 2, 20)) == set(buckets_of("runs small", 2, 20))


def test_order_matters_only_to_longer_grams() -> None:
    one, other = "good not bad", "bad not good"
    assert set(buckets_of(one, 1, 20)) == set(buckets_of(other, 1, 20))
    assert set(buckets_of(one, 2, 20)) != set(buckets_of(other, 2, 20))


def test_a_text_scores_the_scaled_sum_over_the_root_of_its_grams() -> None:
    weights = np.zeros((2**12, 2), dtype=np.int8)
    good, bad = buckets_of("good", 1, 12)[0], buckets_of("bad", 1, 12)[0]
    weights[good], weights[bad] = (0, 100), (0, -50)
    model = NgramModel(weights, np.array([1, 0.5], dtype=np.float32), 1)
    found = model.scores(["good", "good bad", "nothing here", ""])
    assert np.allclose(found, [[0, 50], [0, 25 / np.sqrt(2)], [0, 0], [0, 0]])
