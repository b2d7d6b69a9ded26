"""Off-policy estimates against a simulation whose truth is known."""

import numpy as np
import pytest

from finetune.ranking.offpolicy import Array, Whole, compare, doubly_robust, ips, places, value

EXAMINATION = (1.0 + np.arange(8)) ** -0.8
LISTS, LENGTH = 30_000, 8


class Simulation:
    """Lists ordered by a poor ranking; clicks by examination times relevance."""

    def __init__(self, seed: int = 5) -> None:
        random = np.random.default_rng(seed)
        self.lists: Whole = np.repeat(np.arange(LISTS), LENGTH)
        self.relevance: Array = random.beta(1, 6, LISTS * LENGTH)
        self.logged: Array = self.relevance + random.normal(0, 0.3, len(self.relevance))
        self.better: Array = self.relevance + random.normal(0, 0.05, len(self.relevance))
        self.shown = places(self.lists, self.logged)
        chance = EXAMINATION[self.shown] * self.relevance
        self.clicks: Array = (random.random(len(chance)) < chance).astype(np.float64)

    def truth(self, scores: Array) -> float:
        return float((EXAMINATION[places(self.lists, scores)] * self.relevance).sum() / LISTS)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation()


def test_places_are_by_list_and_score() -> None:
    lists, scores = np.array([0, 1, 0, 1, 0]), np.array([0.1, 0.5, 0.9, 0.7, 0.4])
    assert places(lists, scores).tolist() == [2, 1, 0, 0, 1]


def test_the_logged_ranking_earns_what_it_earned(simulation: Simulation) -> None:
    s = simulation
    own = ips(s.lists, s.clicks, s.shown, s.shown, EXAMINATION)
    assert value(own).mean == pytest.approx(s.clicks.sum() / LISTS)


def test_estimates_find_the_truth_that_clicks_alone_miss(simulation: Simulation) -> None:
    s, new = simulation, places(simulation.lists, simulation.better)
    true, naive = s.truth(s.better), s.clicks.sum() / LISTS
    weighted = value(ips(s.lists, s.clicks, s.shown, new, EXAMINATION))
    robust = value(doubly_robust(s.lists, s.clicks, s.shown, new, EXAMINATION, s.relevance))
    assert weighted.mean == pytest.approx(true, rel=0.03)
    assert robust.mean == pytest.approx(true, rel=0.03)
    assert abs(naive - true) > 5 * abs(robust.mean - true)
    assert robust.high - robust.low < weighted.high - weighted.low


def test_clicks_mend_a_wrong_model(simulation: Simulation) -> None:
    s, new = simulation, places(simulation.lists, simulation.better)
    wrong = np.full_like(s.relevance, 0.3)
    robust = value(doubly_robust(s.lists, s.clicks, s.shown, new, EXAMINATION, wrong)).mean
    model = value(np.bincount(s.lists, EXAMINATION[new] * wrong)).mean
    true = s.truth(s.better)
    assert abs(robust - true) < abs(model - true) / 4


def test_a_right_model_mends_a_wrong_examination(simulation: Simulation) -> None:
    """Clicks weighed wrongly mislead the weighted estimate more than the doubly robust one."""
    s, new = simulation, places(simulation.lists, simulation.better)
    believed = EXAMINATION**1.3
    shown_as = (s.lists, s.clicks, s.shown, new, believed)
    true = float((believed[new] * s.relevance).sum() / LISTS)
    weighted, robust = ips(*shown_as), doubly_robust(*shown_as, s.relevance)
    assert abs(value(robust).mean - true) < abs(value(weighted).mean - true)


def test_a_worse_ranking_is_told_with_confidence(simulation: Simulation) -> None:
    s = simulation
    found = compare(s.lists, s.clicks, s.shown, -s.better, s.better, EXAMINATION, s.relevance)
    assert found.is_worse
    assert found.gain_dr.mean == pytest.approx(s.truth(-s.better) - s.truth(s.better), rel=0.1)
    same = compare(s.lists, s.clicks, s.shown, s.better, s.better, EXAMINATION, s.relevance)
    assert not same.is_worse and same.gain_dr.mean == 0
