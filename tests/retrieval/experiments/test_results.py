import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.events.event import EventType
from retrieval.experiments.experiment import Experiment
from retrieval.experiments.experiment_store import Shown
from retrieval.experiments.results import arm_results, duel, share_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)
Make = Callable[..., Experiment]
Sums = dict[str, dict[EventType, int]]


def test_an_arm_is_stable_even_and_its_own(experiment: Make) -> None:
    one, other = experiment(share=0.3), experiment(share=0.3, key="ex_2")
    customers = [f"customer {n}" for n in range(4000)]
    arms = [one.arm_of(c).name for c in customers]
    assert arms == [one.arm_of(c).name for c in customers]
    assert abs(arms.count("old") / 4000 - 0.3) < 0.03
    both = sum(one.arm_of(c).name == other.arm_of(c).name == "old" for c in customers)
    assert abs(both / 4000 - 0.09) < 0.02  # no one experiment decides about another


def customers_of(experiment: Experiment, rates: dict[str, float], seed: int, n: int = 400) -> Sums:
    """Customers with few or many impressions each, and clicks by their own inclination."""
    dice, sums = random.Random(seed), Sums()
    for number in range(n):
        who = f"{seed}-{number}"
        shown = dice.choice([2, 4, 30])
        rate = min(1.0, rates[experiment.arm_of(who).name] * dice.choice([0.2, 1.0, 1.8]))
        clicks = sum(dice.random() < rate for _ in range(shown))
        sums[who] = {EventType.IMPRESSION: shown, EventType.CLICK: clicks}
    return sums


def test_equal_arms_are_decided_in_few_of_many_runs(experiment: Make) -> None:
    """The intervals hold though a customer's clicks go together; 5 % is what was promised."""
    made = experiment()
    outside = 0
    for seed in range(300):
        _, found = arm_results(made, customers_of(made, {"old": 0.1, "new": 0.1}, seed, 200))
        low, high = found.click_rate.interval
        outside += not low <= 0 <= high
    assert outside / 300 < 0.09


def test_a_better_arm_is_found(experiment: Make) -> None:
    made = experiment()
    results, found = arm_results(made, customers_of(made, {"old": 0.1, "new": 0.2}, 1, 1000))
    assert found.decided and found.click_rate.interval[0] > 0
    assert results[1].click_rate.value > results[0].click_rate.value
    assert found.split_p > 0.001


def test_little_decides_nothing_and_breaks_nothing(experiment: Make) -> None:
    made = experiment()
    for sums in ({}, {"a": {EventType.CLICK: 3}}, {"a": {EventType.IMPRESSION: 1}}):
        results, found = arm_results(made, sums)
        assert not found.decided
        figures = [e for r in results for e in (r.click_rate, r.buyers)]
        assert all(math.isfinite(x) for e in figures for x in (e.value, *e.interval))
        assert all(math.isfinite(x) for x in found.click_rate.interval)


def test_an_uneven_split_gives_itself_away(experiment: Make) -> None:
    made = experiment()
    everybody = [f"c{n}" for n in range(2000)]
    kept = [c for n, c in enumerate(everybody) if made.arm_of(c).name == "old" or n % 3]
    _, found = arm_results(made, {c: {EventType.IMPRESSION: 1} for c in kept})
    assert found.split_p < 0.001


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_share_lies_in_its_interval(part: int, more: int) -> None:
    found = share_of(part, part + more)
    assert 0 <= found.interval[0] <= found.value + 1e-9 and found.interval[1] <= 1
    assert found.value <= found.interval[1] + 1e-9
    assert share_of(4, 10).interval == pytest.approx((0.1682, 0.6873), abs=1e-4)


def test_a_click_is_credited_to_who_showed_it_last(experiment: Make) -> None:
    made = experiment("interleaving")
    shown = [
        Shown("ana", "p", "old", NOW),
        Shown("ana", "p", "new", NOW + timedelta(minutes=5)),
        Shown("bo", "p", "old", NOW),
    ]
    clicks = [
        ("ana", "p", NOW + timedelta(minutes=6)),
        ("bo", "p", NOW - timedelta(minutes=1)),
        ("bo", "p", NOW + timedelta(days=2)),
        ("cy", "p", NOW),
    ]
    found = duel(made, shown, clicks)
    assert (found.customers, found.first, found.second) == (1, 0, 1)
    assert not found.decided


def test_a_clear_preference_is_decided(experiment: Make) -> None:
    made = experiment("interleaving")
    shown = [
        Shown(f"c{n}", p, team, NOW) for n in range(60) for p, team in (("p", "old"), ("q", "new"))
    ]
    clicks = [(f"c{n}", "q" if n % 5 else "p", NOW) for n in range(60)]
    found = duel(made, shown, clicks)
    assert (found.first, found.second, found.ties) == (12, 48, 0)
    assert found.decided and found.preference.value == 0.8
