import numpy as np
import pytest
from scipy import sparse

from finetune.sequence.histories import Told, numbered
from finetune.sequence.neighbours import Following, Moments, strongest
from retrieval.ranking.sequence.history import SequenceEvent


def moments(*rows: str, times: bool = False) -> Moments:
    return Moments(
        numbered(
            [
                Told(
                    str(n),
                    [SequenceEvent(i, float(p // 2) if times else None) for p, i in enumerate(row)],
                )
                for n, row in enumerate(rows)
            ],
            "abcd",
        )
    )


def test_what_comes_sooner_after_counts_more() -> None:
    counted = moments("abc").following(0.5).toarray()
    assert counted[0].tolist() == [0, 1, 0.5, 0]
    assert counted[1].tolist() == [0, 0, 1, 0]
    assert counted[2].tolist() == [0, 0, 0, 0]


def test_customers_are_not_mixed() -> None:
    counted = moments("ab", "cd").following(0.5).toarray()
    assert counted[1].sum() == 0
    assert counted[2].tolist() == [0, 0, 0, 1]


def test_both_directions_are_told_apart() -> None:
    near = moments("ab").follows(Following(back=0.25, before=0, after=0))
    one = np.ones(1, "f4")
    assert near.scores(np.array([0]), one)[1] == pytest.approx(1)
    assert near.scores(np.array([1]), one)[0] == pytest.approx(0.25)


def test_popular_items_are_held_back_by_the_exponent() -> None:
    some = moments("ab", "ac", "bc", "cb", "db")
    plain = some.follows(Following(before=0, after=0, back=0)).scores(
        np.array([0]), np.ones(1, "f4")
    )
    held = some.follows(Following(before=0, after=1, back=0)).scores(
        np.array([0]), np.ones(1, "f4")
    )
    assert plain[1] == plain[2]
    assert held[1] < held[2]


def test_a_basket_is_one_moment() -> None:
    some = moments("abcd", times=True)  # a and b, then c and d
    together = some.together().scores(np.array([0]), np.ones(1, "f4"))
    assert together.tolist() == [0, 1, 0, 0]
    counted = some.following(0.5).toarray()
    assert counted[0, 1] == 0
    assert counted[0, 2] == pytest.approx(0.5)


def test_late_events_count_more_for_popularity() -> None:
    old, new = SequenceEvent("a", 0.0), SequenceEvent("b", 60 * 86400.0)
    found = Moments(numbered([Told("1", [old, new])])).popularity(half_life_days=60)
    assert np.exp(found) == pytest.approx([1.5 / 3.5, 2 / 3.5])


def test_only_the_strongest_neighbours_stay() -> None:
    row = sparse.csr_matrix(np.array([[0, 3.0, 1.0, 2.0]]))
    assert sorted(strongest(row, most=2).items.tolist()) == [1, 3]
