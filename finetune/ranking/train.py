"""Trains click and purchase models, judges them on later days, and promotes them if not worse."""

import json
import logging
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from finetune.errors import TrainingDataError
from finetune.ranking.metrics import auc, calibration_error, fit_line, log_loss, sigmoid
from finetune.ranking.rows import COLUMNS, Rows, Split
from retrieval.ranking.features import BEHAVIOUR
from retrieval.ranking.ranker import LinearScorer, Scorer, TreeScorer
from retrieval.ranking.trees import Trees

log = logging.getLogger(__name__)

Array = NDArray[np.float64]
LEAST_CLICKS = 200
TOLERANCE = 0.002
"""A new model may be worse by this much AUC and still be promoted: noise of the held-out days."""
_MORE_IS_BETTER = {
    *(name for name in BEHAVIOUR if name.startswith("taste_")),
    *("trail", "click_lift", "purchase_lift", "volume", "rating", "discount", "in_stock"),
    *("query_match", "query_budget"),
}
_LESS_IS_BETTER = {"price_distance", "position"}
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 7,
    "max_depth": 3,
    "learning_rate": 0.08,
    "min_data_in_leaf": 200,
    # What can only speak for a product never counts against it: clicks are few and noisy, and
    # without this the trees learn the noise (click AUC as in serving 0.636 against 0.655).
    "monotone_constraints": [
        (name in _MORE_IS_BETTER) - (name in _LESS_IS_BETTER) for name in COLUMNS
    ],
    "lambda_l2": 5.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What one model predicts and how much its log-odds count in the blend."""

    name: str
    weight: float
    rounds: int


TARGETS = (Target("click", 0.75, 250), Target("purchase", 0.25, 150))


@dataclass(frozen=True, slots=True)
class Scores:
    """How a model does on held-out days. AUC is of clicks and purchases where they were shown."""

    click_auc: float
    purchase_auc: float
    click_log_loss: float
    click_ece: float
    purchase_ece: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What training made."""

    folder: Path
    rows: dict[str, int]
    scores: Scores
    baselines: dict[str, float]
    """Click AUC of simple rankings on the same rows."""


def train(split: Split, folder: Path, seed: int = 7) -> Trained:
    """Trains on the oldest part, stops and calibrates by the middle, judges on the newest.

    Writes the models, ``model.json`` and ``MODEL_CARD.md`` to ``folder``. Raises
    ``TrainingDataError`` when there are too few clicks.
    """
    clicks = int(split.train.clicked.sum())
    if clicks < LEAST_CLICKS or not split.valid.clicked.any() or not split.test.clicked.any():
        raise TrainingDataError(
            f"{clicks} clicks are too few to train on, or too short a time lies between them; "
            f"at least {LEAST_CLICKS} over several days are needed."
        )
    folder.mkdir(parents=True, exist_ok=True)
    entries, held_out = [], {}
    for target in TARGETS:
        booster = _fit(target, split, seed)
        path = folder / f"{target.name}.txt"
        booster.save_model(path, num_iteration=booster.best_iteration)
        labels = _labels(split.valid, target)
        raw = _log_odds(path, split.valid)
        slope, intercept = fit_line(labels, raw) if labels.any() else (1.0, 0.0)
        held_out[target.name] = sigmoid(slope * _log_odds(path, split.test) + intercept)
        entry = {"file": path.name, "weight": target.weight, "slope": slope}
        entries.append(entry | {"intercept": intercept})
    scores = _scores(split.test, held_out)
    trained = Trained(
        folder,
        {"train": len(split.train), "valid": len(split.valid), "test": len(split.test)},
        scores,
        baselines(split.test),
    )
    card = {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "features": COLUMNS,
        "models": entries,
        "rows": trained.rows,
        "held_out": {k: round(v, 5) for k, v in asdict(scores).items()},
        "baselines": {k: round(v, 5) for k, v in trained.baselines.items()},
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(_card(trained), encoding="utf-8")
    return trained


def promote(trained: Trained, place: Path, test: Rows) -> bool:
    """Puts the new model where the shop's own is, unless that one orders the held-out days better.

    Both are judged on the same rows, by the click AUC of the blended score. Returns whether it was
    promoted; the model it replaces is kept beside it as ``<name>.previous``.
    """
    present: Scorer = LinearScorer()
    if (place / "model.json").exists():
        present = TreeScorer.load(place)
    new = click_auc(TreeScorer.load(trained.folder), test)
    old = click_auc(present, test)
    if new < old - TOLERANCE:
        log.warning("not promoted: click AUC %.4f, the present model has %.4f", new, old)
        return False
    if trained.folder != place:
        previous = place.with_name(f"{place.name}.previous")
        if place.exists():
            shutil.rmtree(previous, ignore_errors=True)
            place.rename(previous)
        shutil.copytree(trained.folder, place)
    return True


def click_auc(scorer: Scorer, rows: Rows) -> float:
    """Click AUC of a scorer that is told no positions, as in serving."""
    parts, bias = scorer.contributions(rows.features[:, : len(BEHAVIOUR)])
    return auc(rows.clicked, parts.sum(axis=1) + bias)


def baselines(rows: Rows) -> dict[str, float]:
    """Click AUC of rankings that need no model."""

    def column(name: str) -> Array:
        return rows.features[:, COLUMNS.index(name)]

    return {
        "popularity": auc(rows.clicked, column("click_lift")),
        "rating": auc(rows.clicked, column("rating")),
        "position alone": auc(rows.clicked, -column("position")),
        "fixed weights": click_auc(LinearScorer(), rows),
    }


def _fit(target: Target, split: Split, seed: int) -> lgb.Booster:
    rows = split.train
    data = lgb.Dataset(rows.features, _labels(rows, target), feature_name=COLUMNS)
    valid = lgb.Dataset(split.valid.features, _labels(split.valid, target), reference=data)
    return lgb.train(
        {**PARAMETERS, "seed": seed},
        data,
        target.rounds,
        valid_sets=[valid],
        callbacks=[lgb.early_stopping(15, verbose=False)],
    )


def _labels(rows: Rows, target: Target) -> Array:
    return rows.clicked if target.name == "click" else rows.purchased


def _log_odds(path: Path, rows: Rows) -> Array:
    """Log-odds with the positions known, which is what calibration is about."""
    parts, bias = Trees.load(path).contributions(rows.features)
    return np.asarray(parts.sum(axis=1) + bias)


def _scores(test: Rows, held_out: dict[str, Array]) -> Scores:
    click, purchase = held_out["click"], held_out["purchase"]
    return Scores(
        auc(test.clicked, click),
        auc(test.purchased, purchase),
        log_loss(test.clicked, click),
        calibration_error(test.clicked, click),
        calibration_error(test.purchased, purchase),
    )


def _card(trained: Trained) -> str:
    scores, rows = trained.scores, trained.rows
    compared = "\n".join(f"| {name} | {value:.4f} |" for name, value in trained.baselines.items())
    return f"""# Ranking model

Two boosted-tree models (LightGBM) over features that belong to no single catalogue: one predicts
the click on an impression, one the purchase within a day. The score blends their log-odds.

Trained on {rows["train"]} impressions; stopped and calibrated on the {rows["valid"]} that followed;
judged on the {rows["test"]} after those. The position in the list is a feature in training and is
set to the first place in serving.

| held-out days | |
|---|---|
| click AUC, positions known | {scores.click_auc:.4f} |
| purchase AUC, positions known | {scores.purchase_auc:.4f} |
| click log-loss | {scores.click_log_loss:.4f} |
| click calibration error | {scores.click_ece:.4f} |
| purchase calibration error | {scores.purchase_ece:.4f} |

Click AUC of rankings without a model, on the same impressions:

| ranking | click AUC |
|---|---|
{compared}

The model uses behaviour in this shop only: no names, addresses, age, gender or anything else about
the person. Customers who switched personalisation off are ranked as strangers.
"""
