from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from retrieval.errors import WeightsError
from retrieval.ranking.trees import Trees


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    rows = random.normal(size=(3000, 6))
    rows[random.random(rows.shape) < 0.05] = np.nan
    odds = np.nan_to_num(rows[:, 0] + rows[:, 1] * rows[:, 2])
    return rows, (odds + random.normal(size=3000) > 0).astype(float)


@pytest.fixture(scope="module")
def booster(data: tuple[np.ndarray, np.ndarray]) -> lgb.Booster:
    parameters = {"objective": "binary", "num_leaves": 12, "verbosity": -1, "num_threads": 1}
    return lgb.train(parameters, lgb.Dataset(*data, feature_name=list("abcdef")), 25)


@pytest.fixture(scope="module")
def path(booster: lgb.Booster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("model") / "model.txt"
    booster.save_model(found)
    return found


def test_scores_are_those_of_lightgbm(
    booster: lgb.Booster, path: Path, data: tuple[np.ndarray, np.ndarray]
) -> None:
    trees = Trees.load(path)
    parts, bias = trees.contributions(data[0][:200])
    expected = booster.predict(data[0][:200], raw_score=True)
    assert trees.feature_names == tuple("abcdef")
    np.testing.assert_allclose(parts.sum(axis=1) + bias, expected, atol=1e-9)


def test_contributions_are_close_to_shapley_values(
    booster: lgb.Booster, path: Path, data: tuple[np.ndarray, np.ndarray]
) -> None:
    parts, _ = Trees.load(path).contributions(data[0][:200])
    shapley = booster.predict(data[0][:200], pred_contrib=True)[:, :-1]
    assert np.corrcoef(parts.ravel(), shapley.ravel())[0, 1] > 0.9


def test_a_fixed_feature_gets_no_share_and_changes_no_score(
    booster: lgb.Booster, path: Path, data: tuple[np.ndarray, np.ndarray]
) -> None:
    rows = data[0][:200].copy()
    parts, bias = Trees.load(path, {"a": 0.25}).contributions(rows)
    assert not parts[:, 0].any()
    rows[:, 0] = 0.25
    expected = booster.predict(rows, raw_score=True)
    np.testing.assert_allclose(parts.sum(axis=1) + bias, expected, atol=1e-9)


def test_no_rows_give_no_contributions(path: Path) -> None:
    assert Trees.load(path).contributions(np.zeros((0, 6)))[0].shape == (0, 6)


@pytest.mark.parametrize("damage", ["", "tree\n", "num_tree_per_iteration=1\nfeature_names=a\n"])
def test_a_damaged_model_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "broken.txt"
    path.write_text(damage)
    with pytest.raises(WeightsError, match=r"broken\.txt"):
        Trees.load(path)


def test_a_model_cut_short_is_named(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.txt"
    cut.write_text(path.read_text()[:3000])
    with pytest.raises(WeightsError, match=r"cut\.txt"):
        Trees.load(cut)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.txt"):
        Trees.load(tmp_path / "none.txt")
