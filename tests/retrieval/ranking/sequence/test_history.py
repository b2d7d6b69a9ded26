from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.ranking.sequence.history import (
    Limits,
    SequenceEvent,
    cleaned,
    gap_steps,
    slice_numbers,
    step_numbers,
)

events = st.lists(
    st.builds(
        SequenceEvent,
        st.sampled_from("abc"),
        st.none() | st.integers(0, 20_000).map(float),
        st.none() | st.sampled_from(["view", "purchase"]),
    ),
    max_size=30,
)


def test_an_event_told_twice_counts_once() -> None:
    twice = SequenceEvent("a", 10.0, "view")
    kept, counted = cleaned([twice, SequenceEvent("b", 20.0, "view"), twice])
    assert [event.item for event in kept] == ["a", "b"]
    assert counted.duplicates == 1


def test_the_same_item_without_times_may_come_again() -> None:
    kept, counted = cleaned([SequenceEvent(item) for item in "aba"])
    assert [event.item for event in kept] == ["a", "b", "a"]
    assert counted.duplicates == 0


def test_repeats_in_a_row_are_damped() -> None:
    kept, counted = cleaned([SequenceEvent(item) for item in "aaaaab"], Limits(repeats=2))
    assert [event.item for event in kept] == ["a", "a", "b"]
    assert counted.repeats == 3


def test_a_flood_is_cut_to_so_many_moments_an_hour() -> None:
    flood = [SequenceEvent(str(n), float(n)) for n in range(500)]
    kept, counted = cleaned(flood, Limits(per_hour=100))
    assert len(kept) == 100
    assert counted.flooded == 400


def test_a_basket_is_one_moment_and_no_flood() -> None:
    basket = [SequenceEvent(str(n), 50.0) for n in range(500)]
    kept, counted = cleaned(basket, Limits(per_hour=100))
    assert len(kept) == 500
    assert counted.flooded == 0


def test_a_missing_time_is_filled_between_its_neighbours() -> None:
    kept, counted = cleaned(
        [SequenceEvent("a", 10.0), SequenceEvent("b"), SequenceEvent("c", 30.0)]
    )
    assert [event.at for event in kept] == [10.0, 20.0, 30.0]
    assert counted.times_filled == 1


@given(events)
def test_cleaning_keeps_order_and_invents_nothing(some: list[SequenceEvent]) -> None:
    kept, counted = cleaned(some)
    assert len(kept) + counted.duplicates + counted.repeats + counted.flooded == len(some)
    assert {event.item for event in kept} <= {event.item for event in some}
    times = [event.at for event in kept]
    assert all(at is None for at in times) or all(
        a is not None and b is not None and a <= b for a, b in pairwise(times)
    )


@given(events)
def test_cleaning_twice_changes_nothing_more_of_damped_repeats(some: list[SequenceEvent]) -> None:
    kept, _ = cleaned(some)
    again, counted = cleaned(kept)
    assert again == kept
    assert (counted.duplicates, counted.repeats, counted.flooded) == (0, 0, 0)


def test_slices_are_windows_without_times_and_cut_at_gaps_with_them() -> None:
    assert slice_numbers(None, 5, window=2, gap_hours=1).tolist() == [0, 0, 1, 1, 2]
    times = np.array([0.0, 60.0, 7300.0, 7300.0])
    assert slice_numbers(times, 4, window=2, gap_hours=1).tolist() == [0, 0, 1, 1]


def test_events_of_one_time_are_one_step() -> None:
    assert step_numbers(np.array([1.0, 1.0, 2.0]), 3).tolist() == [0, 0, 1]
    assert step_numbers(None, 3).tolist() == [0, 1, 2]
    assert step_numbers(np.array([]), 0).tolist() == []


def test_longer_gaps_have_higher_steps() -> None:
    times = np.cumsum([0.0, 0.0, 30.0, 3600.0, 86400.0, 86400.0 * 90])
    steps = gap_steps(times, len(times)).tolist()
    assert steps[0] == 0
    assert steps[1:] == sorted(steps[1:])
    assert steps[1] == 1
    assert steps[3] < steps[4] < steps[5]
    assert gap_steps(None, 3).tolist() == [0, 0, 0]
