"""The merchant's weights move what they name, and nothing that was not asked for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import ValidationError

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.ranking.features import Features
from retrieval.ranking.objective import Objective
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.ranker import LearnedRanker
from retrieval.ranking.scorers import LinearScorer
from retrieval.ranking.traits import PriceLevels
from tests.retrieval.ranking.conftest import NOW

Make = Callable[..., Candidate]


@pytest.fixture
def candidates(candidate: Make) -> list[Candidate]:
    return [
        candidate("plain"),
        candidate("profitable", margin=0.6),
        candidate("fresh", created_at=NOW - timedelta(days=1)),
        candidate("praised", rating=5.0, review_count=200),
    ]


def first(candidates: list[Candidate], objective: Objective) -> str:
    levels = PriceLevels.observe([c.product for c in candidates])
    features = Features(Popularity(), levels)
    ranker = LearnedRanker(features, LinearScorer(), lambda: NOW, objective)
    ranked = ranker.rank(candidates, None, Constraints())
    for one in ranked:  # what is shown as the reason adds up to the score
        assert 0 <= one.score <= 1
    return ranked[0].id


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"margin": 5.0}, "profitable"),
        ({"freshness": 5.0}, "fresh"),
        ({"reviews": 5.0}, "praised"),
    ],
)
def test_each_aim_lifts_what_it_names(
    candidates: list[Candidate], weights: dict[str, float], expected: str
) -> None:
    assert first(candidates, Objective(**weights)) == expected


def test_a_margin_is_a_part_of_the_score_that_is_told(candidates: list[Candidate]) -> None:
    first(candidates, Objective(margin=2.0))
    told = {c.id: c.contributions["margin"] for c in candidates}
    assert told == {"plain": 0, "profitable": pytest.approx(1.2), "fresh": 0, "praised": 0}
    first(candidates, Objective())
    assert all("margin" not in c.contributions for c in candidates)


@pytest.mark.parametrize("bad", [{"click": -1}, {"margin": 11}, {"click": 0, "conversion": 0}])
def test_senseless_weights_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Objective(**bad)
