import numpy as np
import pytest

from finetune.sequence.histories import Histories, Told, numbered
from finetune.sequence.repeats import learn_repeats
from retrieval.ranking.sequence.history import SequenceEvent

WEEK = 7 * 86400.0
STAPLES = 4


def shop(customers: int = 60, weeks: int = 12) -> Histories:
    """Everybody buys a staple of theirs each week, and something else that they never buy again."""
    random = np.random.default_rng(3)
    told = []
    for number in range(customers):
        fancies = random.permutation(np.arange(STAPLES, 60))
        staple = number % STAPLES
        events = [
            SequenceEvent(f"i{item}", week * WEEK)
            for week in range(weeks)
            for item in (staple, int(fancies[week]))
        ]
        told.append(Told(str(number), events))
    return numbered(told, [f"i{n}" for n in range(60)])


def test_what_is_taken_again_and_again_is_likely_and_what_is_not_is_not() -> None:
    histories = shop()
    popularity = np.full(60, -4.0, dtype=np.float32)
    found = learn_repeats(histories, popularity, 400)
    assert found is not None
    items = np.array([1, 9, 1, 10])
    own, scores = found.scores(items, np.array([0, 0, 1, 1]), np.array([7, 7, 0, 0], "f4"))
    assert own.tolist() == [1, 9, 10]
    assert scores[0] > 0.8
    assert max(scores[1:]) < 0.3


def test_an_item_that_is_new_is_taken_again_as_often_as_others() -> None:
    found = learn_repeats(shop(), np.full(60, -4.0, dtype=np.float32), 400)
    assert found is not None
    grown = found.grown(62)
    assert grown.again[60] == pytest.approx(found.again.mean())
    own, scores = grown.scores(np.array([61]), np.array([0]), np.array([0.0], "f4"))
    assert own.tolist() == [61]
    assert 0 < scores[0] < 1


def test_where_nobody_takes_anything_again_nothing_is_learnt() -> None:
    once = [Told(str(n), [SequenceEvent(item) for item in "abc"]) for n in range(5)]
    assert learn_repeats(numbered(once), np.zeros(3, dtype=np.float32), 400) is None
