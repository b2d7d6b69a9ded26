"""Trains click and purchase models, judges them on later days, and promotes them if not worse."""

import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from finetune.errors import TrainingDataError
from finetune.ranking.course import Course, Fitted, fit
from finetune.ranking.export import export
from finetune.ranking.metrics import auc, calibration_error, fit_line, log_loss, sigmoid
from finetune.ranking.rows import COLUMNS, Rows, Split
from finetune.ranking.verdict import drift_figures, score_rows
from finetune.registry import METRICS
from retrieval.ranking.drift import save_reference
from retrieval.ranking.features import BEHAVIOUR, TRAINING_ONLY
from retrieval.ranking.network import CARD, WEIGHTS
from retrieval.ranking.scorers import LinearScorer, load_scorer
from retrieval.ranking.trees import Trees

log = logging.getLogger(__name__)

Array = NDArray[np.float64]
LEAST_CLICKS = 200
LOSS_TOLERANCE = 0.0005
"""The network may predict clicks worse by this much log-loss and still serve."""
_MORE_IS_BETTER = {
    *(name for name in BEHAVIOUR if name.startswith("taste_")),
    *("trail", "click_lift", "purchase_lift", "volume", "rating", "discount", "in_stock"),
    *(name for name in TRAINING_ONLY if name.startswith("query_")),
    *("shop_product", "shop_traits", "liking"),
    *(name for name in BEHAVIOUR if name.startswith("liking_")),
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
    """What one model predicts, and how many trees it has at most."""

    name: str
    rounds: int


TARGETS = (Target("click", 300), Target("purchase", 150))


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
    kind: Literal["network", "trees"]
    """What serves: the network only where it was no worse on the days that training stops by."""
    rows: dict[str, int]
    scores: Scores
    baselines: dict[str, float]
    """Click AUC of simple rankings on the same rows."""
    network: Fitted | None = None


def train(
    split: Split,
    folder: Path,
    seed: int = 7,
    texts: NDArray[np.float32] | None = None,
    course: Course | None = None,
) -> Trained:
    """Trains on the oldest part, stops and calibrates by the middle, judges on the newest.

    Writes the models, ``model.json``, ``metrics.json``, ``reference.json`` and ``MODEL_CARD.md`` to
    ``folder``. Raises ``TrainingDataError`` when there are too few clicks.

    Args:
        split: rows by time.
        folder: where the files go.
        seed: of the training.
        texts: vectors of the vocabulary's products, (products, d); without them only trees are
            trained.
        course: of the network.
    """
    clicks = int(split.train.clicked.sum())
    if clicks < LEAST_CLICKS or not split.valid.clicked.any() or not split.test.clicked.any():
        raise TrainingDataError(
            f"{clicks} clicks are too few to train on, or too short a time lies between them; "
            f"at least {LEAST_CLICKS} over several days are needed."
        )
    folder.mkdir(parents=True, exist_ok=True)
    entries, chances, stopping = _train_trees(split, folder, seed)
    counts = {"train": len(split.train), "valid": len(split.valid), "test": len(split.test)}
    card = {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "features": COLUMNS,
        "models": entries,
        "rows": counts,
        "priors": split.train.vocabulary.priors,
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    kind: Literal["network", "trees"] = "trees"
    fitted = None
    if texts is not None:
        fitted = _train_network(split, folder, stopping, texts, course or Course(seed=seed))
        if fitted is not None:
            _, click, purchase = fitted.chances(split.test, texts)
            kind, chances = "network", {"click": click, "purchase": purchase}
    return report(split, folder, kind, chances, fitted)


def report(
    split: Split,
    folder: Path,
    kind: Literal["network", "trees"],
    chances: dict[str, Array],
    fitted: Fitted | None = None,
) -> Trained:
    """Writes how the model in ``folder`` does on the newest rows, of which ``chances`` are the
    predicted ones of ``click`` and ``purchase``."""
    counts = {"train": len(split.train), "valid": len(split.valid), "test": len(split.test)}
    scores = _scores(split.test, chances)
    trained = Trained(folder, kind, counts, scores, baselines(split.test), fitted)
    served = score_rows(load_scorer(folder), split.test)
    figures = {"served_click_auc": auc(split.test.clicked, served), **asdict(scores)}
    metrics = {"kind": kind, **{k: round(v, 5) for k, v in figures.items() if np.isfinite(v)}}
    (folder / METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    save_reference(drift_figures(split.test, served), folder)
    (folder / "MODEL_CARD.md").write_text(_card(trained), encoding="utf-8")
    return trained


def _train_trees(
    split: Split, folder: Path, seed: int
) -> tuple[list[dict[str, object]], dict[str, Array], Array]:
    """Fits and writes the trees; their entries in the card, chances on the newest rows, and the
    chances of clicks on the middle ones."""
    entries: list[dict[str, object]] = []
    held_out, stopping = {}, np.zeros(0)
    for target in TARGETS:
        booster = _fit(target, split, seed)
        path = folder / f"{target.name}.txt"
        booster.save_model(path, num_iteration=booster.best_iteration)
        labels = _labels(split.valid, target)
        raw = _log_odds(path, split.valid)
        slope, intercept = fit_line(labels, raw) if labels.any() else (1.0, 0.0)
        if target.name == "click":
            stopping = sigmoid(slope * raw + intercept)
        held_out[target.name] = sigmoid(slope * _log_odds(path, split.test) + intercept)
        entries.append({"file": path.name, "slope": slope, "intercept": intercept})
    return entries, held_out, stopping


def _train_network(
    split: Split, folder: Path, trees: Array, texts: NDArray[np.float32], course: Course
) -> Fitted | None:
    """Fits and writes the network; ``None`` where the trees' chances of clicks on the middle rows,
    ``trees``, are better, and the network is taken away again."""
    fitted = fit(split, texts, course)
    log.info("%.0f rows a second on %s", fitted.rows_per_second, fitted.device)
    export(fitted, texts, split.train.vocabulary, folder)
    # With the places known, so that neither is rewarded for inheriting the order once shown.
    _, chances, _ = fitted.chances(split.valid, texts)
    new, old = (log_loss(split.valid.clicked, found) for found in (chances, trees))
    if new > old + LOSS_TOLERANCE:
        log.warning("the trees serve: click log-loss %.5f, the network has %.5f", old, new)
        for name in (CARD, WEIGHTS):
            (folder / name).unlink()
        return None
    return fitted


def baselines(rows: Rows) -> dict[str, float]:
    """Click AUC of rankings that need no model."""

    def column(name: str) -> Array:
        return rows.features[:, COLUMNS.index(name)]

    return {
        "popularity": auc(rows.clicked, column("click_lift")),
        "rating": auc(rows.clicked, column("rating")),
        "position alone": auc(rows.clicked, -column("position")),
        "fixed weights": auc(rows.clicked, score_rows(LinearScorer(), rows)),
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
    serving = (
        "A network serves: crosses of features and, in a shop's own model, text vectors of the\n"
        "products with attention over the customer's latest actions; one head is of the click,\n"
        "one of the purchase."
        if trained.kind == "network"
        else "Boosted trees serve."
    )
    return f"""# Ranking model

{serving} The trees are two models (LightGBM) over features that belong to no single catalogue:
one predicts the click on an impression, one the purchase within a day. The merchant's weights
blend click and purchase.

Trained on {rows["train"]} impressions; stopped and calibrated on the {rows["valid"]} that followed;
judged on the {rows["test"]} after those. The place in the list explains clicks in training and is
left out in serving.

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
