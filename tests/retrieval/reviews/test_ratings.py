from hypothesis import given
from hypothesis import strategies as st

from retrieval.candidate import ReviewEvidence
from retrieval.reviews.ratings import weighed


def reviewed(count: int, rating: float, suspected: int = 0) -> ReviewEvidence:
    return ReviewEvidence(count, count, 0, rating, [], suspected)


def test_one_review_does_not_beat_many() -> None:
    one, many, poor = weighed([reviewed(1, 5.0), reviewed(60, 4.8), reviewed(40, 3.0)])
    assert many > one > poor


def test_doubtful_reviews_count_as_none() -> None:
    doubted, sound, _ = weighed(
        [reviewed(20, 5.0, suspected=19), reviewed(20, 4.7), reviewed(40, 2.0)]
    )
    assert sound > doubted


def test_equal_numbers_keep_the_order_of_ratings() -> None:
    assert weighed([reviewed(8, 4.0), reviewed(8, 4.5)]) == sorted(
        weighed([reviewed(8, 4.0), reviewed(8, 4.5)])
    )


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(1, 5)), max_size=8))
def test_ratings_stay_within_those_given(given_: list[tuple[int, float]]) -> None:
    found = weighed([reviewed(count, rating) for count, rating in given_])
    assert len(found) == len(given_)
    assert all(0.999 <= one <= 5.001 for one in found)
