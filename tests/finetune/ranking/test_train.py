import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from finetune.errors import TrainingDataError, WorseModelError
from finetune.ranking.course import Course
from finetune.ranking.demo import package
from finetune.ranking.metrics import auc
from finetune.ranking.rows import COLUMNS, Split, make_rows, split_by_time
from finetune.ranking.train import Trained, train
from finetune.ranking.verdict import TOLERANCE, judge, lists_of, promote, score_rows
from finetune.registry import ModelRegistry
from retrieval.catalog.product import Product
from retrieval.errors import WeightsError
from retrieval.events.event import Event
from retrieval.ranking.drift import load_reference
from retrieval.ranking.features import BEHAVIOUR
from retrieval.ranking.network import NUMBERS, RankingNetwork
from retrieval.ranking.profile import ACTION_KINDS
from retrieval.ranking.ranker import open_scorer, read_priors, serving_folder
from retrieval.ranking.scorers import LinearScorer, NetworkScorer, TreeScorer, load_scorer

Texts = NDArray[np.float32]


@pytest.fixture(scope="module")
def split(products: dict[str, Product], behaviour: list[Event]) -> Split:
    return split_by_time(make_rows(behaviour, products, priors={"brand": 0.4}))


@pytest.fixture(scope="module")
def texts(split: Split) -> Texts:
    random = np.random.default_rng(3)
    count = len(split.train.vocabulary.products)
    return random.normal(size=(count, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def trained(split: Split, texts: Texts, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("model")
    return train(
        split,
        folder,
        texts=texts,
        course=Course(epochs=10, batch=256, rate=4e-3, patience=10, device="cpu"),
    )


@pytest.fixture(scope="module")
def trees(split: Split, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(split, tmp_path_factory.mktemp("trees"))


def test_the_model_beats_popularity_and_is_calibrated(trained: Trained, trees: Trained) -> None:
    for made in (trained, trees):
        assert made.scores.click_auc > made.baselines["popularity"] + 0.05
        assert made.scores.click_ece < 0.05
        assert made.scores.purchase_ece < 0.05
    assert trees.kind == "trees" and trees.network is None
    assert trained.kind == "network" and trained.network is not None


def test_numpy_serves_what_torch_trained(trained: Trained, split: Split, texts: Texts) -> None:
    """Row by row, told the same circumstances, the two agree."""
    assert trained.network is not None
    rows = split.test.where(np.arange(len(split.test)) < 60)
    odds, _, _ = trained.network.chances(rows, texts)
    served = RankingNetwork.load(trained.folder)
    names = rows.vocabulary.products
    for row in range(0, len(rows), 7):
        acted = [
            (names[item], ACTION_KINDS[kind])
            for item, kind in zip(rows.history[row], rows.actions[row], strict=True)
            if item >= 0
        ]
        numbers = [COLUMNS.index(name) for name in NUMBERS]
        parts, rest, _ = served.odds(
            rows.features[row : row + 1, : len(BEHAVIOUR)],
            [names[rows.item[row]]],
            acted[::-1],
            rows.features[row : row + 1, numbers[len(BEHAVIOUR) :]],
        )
        assert float((parts.sum(axis=1) + rest)[0]) == pytest.approx(odds[row], abs=1e-3)


def test_what_is_written_can_serve(trained: Trained, trees: Trained, split: Split) -> None:
    assert isinstance(load_scorer(trained.folder), NetworkScorer)
    assert isinstance(load_scorer(trees.folder), TreeScorer)
    for made in (trained, trees):
        metrics = json.loads((made.folder / "metrics.json").read_text())
        served = auc(split.test.clicked, score_rows(load_scorer(made.folder), split.test))
        assert served > 0.6
        assert metrics["served_click_auc"] == pytest.approx(served, abs=1e-4)
        assert f"{made.scores.click_auc:.4f}" in (made.folder / "MODEL_CARD.md").read_text()
        assert {"score", *BEHAVIOUR} == load_reference(made.folder).keys()
        assert read_priors(made.folder) == {"brand": 0.4}


def test_the_place_is_no_merit_in_serving(trained: Trained, split: Split) -> None:
    """The served score orders by preference: less tied to the place than the clicks themselves."""
    scores = score_rows(load_scorer(trained.folder), split.test)
    place = split.test.features[:, COLUMNS.index("position")]
    assert np.corrcoef(split.test.clicked, place)[0, 1] < -0.1
    assert abs(np.corrcoef(scores, place)[0, 1]) < 0.1


def test_a_text_never_seen_is_no_error(trained: Trained) -> None:
    network = RankingNetwork.load(trained.folder)
    rows = np.zeros((3, len(BEHAVIOUR)))
    parts, rest, after = network.odds(rows, ["new", "p1", "new"], [])
    assert np.isfinite(parts).all() and np.isfinite(after).all()
    assert rest[0] == rest[2]


def test_a_network_from_before_a_feature_came_ranks_on(trained: Trained) -> None:
    """What it never knew changes nothing of what it says."""
    weights = load_file(trained.folder / "network.safetensors")
    card = json.loads((trained.folder / "network.json").read_text())
    gone, whole = NUMBERS.index("in_stock"), RankingNetwork.load(trained.folder)
    for name, values in weights.items():
        if name in ("mean", "spread"):
            weights[name] = np.delete(values, gone)
        elif name in ("wide.weight", "heads.weight", "inner.0.weight", "inner.1.weight"):
            weights[name] = np.delete(values, gone, axis=1)
        elif name.startswith("outer."):
            weights[name] = np.delete(values, gone, axis=0)
    older = RankingNetwork(weights, {**card, "columns": [n for n in NUMBERS if n != "in_stock"]})
    rows = np.random.default_rng(5).normal(size=(4, len(BEHAVIOUR)))
    column = list(BEHAVIOUR).index("in_stock")
    rows[:, column] = whole._w["mean"][gone]  # of which the whole network makes nothing either
    for one, other in zip(
        older.odds(rows, ["p1"] * 4, []), whole.odds(rows, ["p1"] * 4, []), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)
    parts, _, _ = older.odds(rows + 3, ["p1"] * 4, [])
    assert parts.shape == rows.shape and not parts[:, column].any()


def test_trees_alone_are_packaged_and_never_worse_ones(
    split: Split, trees: Trained, trained: Trained, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(trees.folder, out)
    package(split, tmp_path / "work", out, logging.getLogger())
    metrics = json.loads((out / "metrics.json").read_text())
    served = auc(split.test.clicked, score_rows(load_scorer(out), split.test))
    assert metrics["kind"] == "trees" and not (out / "network.json").exists()
    assert metrics["served_click_auc"] == pytest.approx(served, abs=1e-4)
    before = auc(split.test.clicked, score_rows(load_scorer(trees.folder), split.test))
    assert served >= before - TOLERANCE


def test_a_damaged_network_is_named(trained: Trained, tmp_path: Path) -> None:
    for name in ("network.json", "network.safetensors"):
        (tmp_path / name).write_bytes((trained.folder / name).read_bytes())
    card = json.loads((tmp_path / "network.json").read_text())
    (tmp_path / "network.json").write_text(json.dumps({**card, "columns": ["other"]}))
    with pytest.raises(WeightsError, match="other features"):
        RankingNetwork.load(tmp_path)
    (tmp_path / "network.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="cannot be read"):
        RankingNetwork.load(tmp_path)


def test_too_little_behaviour_is_named(split: Split, tmp_path: Path) -> None:
    nothing = split.train.where(np.zeros(len(split.train), dtype=bool))
    with pytest.raises(TrainingDataError, match="0 clicks"):
        train(replace(split, train=nothing), tmp_path)


def test_a_worse_model_is_refused_and_one_can_go_back(
    trees: Trained, trained: Trained, split: Split, tmp_path: Path
) -> None:
    registry = ModelRegistry(tmp_path)
    folder = tmp_path / "ranking"
    first = promote(trees.folder, registry, split.test)
    guessing = split.train.where(np.ones(len(split.train), dtype=bool))
    guessing.clicked = np.random.default_rng(1).permutation(guessing.clicked)
    worse = train(replace(split, train=guessing), tmp_path / "worse")
    with pytest.raises(WorseModelError, match="does not serve"):
        promote(worse.folder, registry, split.test)
    assert serving_folder(folder) == first.folder
    assert len(registry.versions("ranking")) == 2  # kept, to be looked at
    second = promote(trained.folder, registry, split.test, force=True)
    assert isinstance(open_scorer(folder), NetworkScorer)
    assert serving_folder(folder) == second.folder
    registry.roll_back("ranking")
    assert serving_folder(folder) == first.folder
    assert isinstance(open_scorer(folder), TreeScorer)


def test_the_verdict_tells_clicks_that_a_worse_order_would_lose(
    trees: Trained, split: Split
) -> None:
    class Backwards(LinearScorer):
        def __init__(self) -> None:
            super().__init__()
            self._weights = -self._weights

    verdict = judge(Backwards(), load_scorer(trees.folder), split.test)
    assert verdict.refusal is not None
    assert verdict.worth.gain_dr.high < 0
    same = judge(load_scorer(trees.folder), load_scorer(trees.folder), split.test)
    assert same.refusal is None and same.worth.gain_dr.mean == 0


def test_a_list_is_of_one_customer_and_moment(split: Split) -> None:
    lists = lists_of(split.test)
    for number in np.unique(lists)[:20]:
        part = lists == number
        assert len(set(split.test.customers[part])) == 1
        assert len(set(split.test.day[part])) == 1


def test_ties_are_half_right() -> None:
    assert auc(np.array([0.0, 1.0, 0.0, 1.0]), np.zeros(4)) == 0.5
