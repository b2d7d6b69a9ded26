"""What every ranker keeps, and what single ones do."""

import json
import math
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from retrieval.candidate import AspectEvidence, Candidate, ReviewEvidence
from retrieval.constraints import Constraints
from retrieval.errors import WeightsError
from retrieval.ranking.features import BEHAVIOUR, TRAINING_ONLY, WISHES, Features
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.ranker import LearnedRanker, LinearScorer, Ranker, TreeScorer, open_scorer
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Any]
ANYTHING = Constraints()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in which the taste for a brand, the click rate and, most of all, the place count."""
    random = np.random.default_rng(2)
    names = [*BEHAVIOUR, *TRAINING_ONLY]
    rows = random.normal(size=(4000, len(names)))
    wanted = [names.index(name) for name in ("taste_brand", "click_lift")]
    odds = rows[:, wanted].sum(axis=1) - 3 * rows[:, names.index("position")]
    labels = (odds + random.normal(size=len(rows)) > 0).astype(float)
    folder = tmp_path_factory.mktemp("model")
    parameters = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "num_threads": 1}
    lgb.train(parameters, lgb.Dataset(rows, labels, feature_name=names), 30).save_model(
        folder / "click.txt"
    )
    entry = {"file": "click.txt", "weight": 1.0, "slope": 0.8, "intercept": -0.5}
    (folder / "model.json").write_text(json.dumps({"models": [entry]}))
    return folder


@pytest.fixture(params=["trees", "fixed weights", "packaged"])
def ranker(request: pytest.FixtureRequest, model: Path, now: datetime, product: Make) -> Ranker:
    scorers = {
        "trees": lambda: TreeScorer.load(model),
        "fixed weights": LinearScorer,
        "packaged": open_scorer,
    }
    levels = PriceLevels.observe([product(str(price), price) for price in (20, 50, 100)])
    return LearnedRanker(Features(Popularity(), levels), scorers[request.param](), lambda: now)


@pytest.fixture
def fan(product: Make, event: Make) -> CustomerProfile:
    """Someone who bought ten things of one brand."""
    profile = CustomerProfile("c1")
    levels = PriceLevels.observe([product("x", 50.0)])
    for number in range(10):
        bought = product(f"old{number}", brand="Loved")
        profile.apply(event("purchase", bought.id, days_ago=number / 10), bought, levels)
    return profile


@pytest.fixture
def several(candidate: Make) -> list[Candidate]:
    brands = ["Other", "Loved", "Third"]
    return [candidate(f"p{n}", 20.0 + 7 * n, brand=brands[n % 3]) for n in range(20)]


def ids(candidates: list[Candidate]) -> list[str]:
    return [c.id for c in candidates]


def test_the_same_candidates_come_back_best_first(ranker: Ranker, several: list[Candidate]) -> None:
    ranked = ranker.rank(several, None, ANYTHING)
    assert sorted(ids(ranked)) == sorted(ids(several))
    scores = [c.score for c in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_contributions_sum_to_the_log_odds_of_the_score(
    ranker: Ranker, several: list[Candidate], fan: CustomerProfile
) -> None:
    for c in ranker.rank(several, fan, Constraints(query="red dress")):
        assert sum(c.contributions.values()) == pytest.approx(math.log(c.score / (1 - c.score)))
        assert set(c.features) == {*BEHAVIOUR, *WISHES} == set(c.contributions) - {"bias"}


def test_nothing_gives_nothing(ranker: Ranker) -> None:
    assert ranker.rank([], None, ANYTHING) == []


def test_without_a_profile_the_order_is_the_same_as_for_a_stranger(
    ranker: Ranker, several: list[Candidate]
) -> None:
    nobody = ids(ranker.rank(several, None, ANYTHING))
    assert ids(ranker.rank(several[::-1], CustomerProfile("new"), ANYTHING)) == nobody


def test_who_loves_a_brand_sees_it_higher(
    ranker: Ranker, several: list[Candidate], fan: CustomerProfile
) -> None:
    def places() -> float:
        return float(np.mean([n for n, c in enumerate(ranked) if c.product.brand == "Loved"]))

    ranked = ranker.rank(several, None, ANYTHING)
    before = places()
    ranked = ranker.rank(several, fan, ANYTHING)
    assert places() < before


def test_a_better_match_of_the_query_ranks_higher(ranker: Ranker, candidate: Make) -> None:
    near, far = candidate("near"), candidate("far")
    near.fused, far.fused = 0.9, 0.2
    ranked = ranker.rank([far, near], None, Constraints(query="linen dress"))
    assert ids(ranked) == ["near", "far"]


def test_wishes_rank_but_do_not_exclude(ranker: Ranker, candidate: Make) -> None:
    red, black = candidate("b", color="red"), candidate("a", color="black")
    wanted = Constraints(prefer_attributes={"color": ["Red"]})
    assert ids(ranker.rank([black, red], None, wanted)) == ["b", "a"]
    praised, silent = candidate("d"), candidate("c")
    praised.reviews = ReviewEvidence(0, 0, 0, None, [AspectEvidence("comfort", 0.8, 9, 9, 0)])
    wanted = Constraints(prefer_aspects=["comfort"])
    assert ids(ranker.rank([silent, praised], None, wanted)) == ["d", "c"]


def test_a_model_of_other_features_is_refused(tmp_path: Path, model: Path) -> None:
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "click.txt").read_text()
    (tmp_path / "click.txt").write_text(text.replace("taste_brand", "shoe_size"))
    with pytest.raises(WeightsError, match="other features"):
        TreeScorer.load(tmp_path)


@pytest.mark.parametrize("card", ["", "{}", '{"models": [{"file": "none.txt"}]}'])
def test_a_damaged_card_is_refused(tmp_path: Path, card: str) -> None:
    (tmp_path / "model.json").write_text(card)
    with pytest.raises(WeightsError):
        open_scorer(tmp_path)


def test_a_folder_without_a_model_leaves_the_packaged_one(tmp_path: Path) -> None:
    assert isinstance(open_scorer(tmp_path), TreeScorer)
