import json
from pathlib import Path

import numpy as np
import pytest

from finetune.errors import TrainingDataError
from finetune.ranking.metrics import auc
from finetune.ranking.rows import COLUMNS, Split, make_rows, split_by_time
from finetune.ranking.train import Trained, click_auc, promote, train
from retrieval.catalog.product import Product
from retrieval.events.event import Event
from retrieval.ranking.features import BEHAVIOUR
from retrieval.ranking.ranker import TreeScorer


@pytest.fixture(scope="module")
def split(products: dict[str, Product], behaviour: list[Event]) -> Split:
    return split_by_time(make_rows(behaviour, products))


@pytest.fixture(scope="module")
def trained(split: Split, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(split, tmp_path_factory.mktemp("model"))


def test_the_model_beats_popularity_and_is_calibrated(trained: Trained) -> None:
    assert trained.scores.click_auc > trained.baselines["popularity"] + 0.05
    assert trained.scores.click_ece < 0.05
    assert trained.scores.purchase_ece < 0.05


def test_what_is_written_can_serve(trained: Trained, split: Split) -> None:
    assert click_auc(TreeScorer.load(trained.folder), split.test) > 0.6
    card = json.loads((trained.folder / "model.json").read_text())
    assert card["held_out"]["click_auc"] == pytest.approx(trained.scores.click_auc, abs=1e-4)
    assert f"{trained.scores.click_auc:.4f}" in (trained.folder / "MODEL_CARD.md").read_text()


def test_the_place_is_no_merit_in_serving(trained: Trained, split: Split) -> None:
    """The served score orders by preference: less tied to the place than the clicks themselves."""
    scorer = TreeScorer.load(trained.folder)
    parts, _ = scorer.contributions(split.test.features[:, : len(BEHAVIOUR)])
    place = split.test.features[:, COLUMNS.index("position")]
    assert np.corrcoef(split.test.clicked, place)[0, 1] < -0.1
    assert abs(np.corrcoef(parts.sum(axis=1), place)[0, 1]) < 0.1


def test_too_little_behaviour_is_named(split: Split, tmp_path: Path) -> None:
    nothing = split.train.where(np.zeros(len(split.train), dtype=bool))
    with pytest.raises(TrainingDataError, match="0 clicks"):
        train(Split(nothing, split.valid, split.test), tmp_path)


def test_a_worse_model_is_refused_and_the_present_one_kept(
    trained: Trained, split: Split, tmp_path: Path
) -> None:
    place = tmp_path / "ranking"
    assert promote(trained, place, split.test)
    kept = (place / "click.txt").read_text()
    guessing = split.train.where(np.ones(len(split.train), dtype=bool))
    guessing.clicked = np.random.default_rng(1).permutation(guessing.clicked)
    worse = train(Split(guessing, split.valid, split.test), tmp_path / "worse")
    assert not promote(worse, place, split.test)
    assert (place / "click.txt").read_text() == kept


def test_what_is_replaced_is_kept_beside(trained: Trained, split: Split, tmp_path: Path) -> None:
    place = tmp_path / "ranking"
    assert promote(trained, place, split.test)
    assert promote(trained, place, split.test)
    assert (tmp_path / "ranking.previous" / "model.json").exists()


def test_ties_are_half_right() -> None:
    assert auc(np.array([0.0, 1.0, 0.0, 1.0]), np.zeros(4)) == 0.5
