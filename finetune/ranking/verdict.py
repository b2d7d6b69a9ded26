"""Whether a new model may serve: judged on the newest days beside the one that serves."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.errors import WorseModelError
from finetune.ranking.metrics import auc, sigmoid
from finetune.ranking.offpolicy import Comparison, compare
from finetune.ranking.rows import COLUMNS, Rows
from finetune.registry import ModelRegistry, Version
from retrieval.errors import WeightsError
from retrieval.ranking.features import BEHAVIOUR
from retrieval.ranking.profile import ACTION_KINDS
from retrieval.ranking.ranker import open_scorer
from retrieval.ranking.scorers import NetworkScorer, Scene, Scorer, load_scorer

log = logging.getLogger(__name__)
Array = NDArray[np.float64]
NAME = "ranking"
"""The model's name in the registry."""
METRIC = "served_click_auc"
TOLERANCE = 0.002
"""A new model may be worse by this much AUC and still be promoted: noise of the held-out days."""
_PLACES = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """A new model and the present one on the same rows, ordered as in serving."""

    new_auc: float
    present_auc: float
    worth: Comparison
    """Clicks per list that each would have earned."""

    @property
    def refusal(self) -> str | None:
        """Why the new one is refused; ``None`` where it is not."""
        if self.new_auc < self.present_auc - TOLERANCE:
            return f"click AUC {self.new_auc:.4f}, the present model has {self.present_auc:.4f}"
        if self.worth.is_worse:
            gain = self.worth.gain_dr
            return (
                f"its lists would earn {gain.mean:+.4f} clicks each "
                f"(95 %: {gain.low:+.4f} to {gain.high:+.4f})"
            )
        return None


def judge(new: Scorer, present: Scorer, rows: Rows) -> Verdict:
    """Compares two models on rows that neither was trained on."""
    scores, old = score_rows(new, rows), score_rows(present, rows)
    places = rows.features[:, COLUMNS.index("position")].astype(np.int64)
    relevance = sigmoid(old)
    examination = _examination(places, rows.clicked, relevance)
    worth = compare(lists_of(rows), rows.clicked, places, scores, old, examination, relevance)
    return Verdict(auc(rows.clicked, scores), auc(rows.clicked, old), worth)


def promote(folder: Path, registry: ModelRegistry, rows: Rows, force: bool = False) -> Version:
    """Publishes the model in ``folder`` as a version, and lets it serve unless it is worse.

    Raises:
        WorseModelError: it was published, and the one that serves stays.
    """
    version = registry.publish(NAME, folder)
    serving = registry.current(NAME)
    try:
        present = load_scorer(serving.folder) if serving else open_scorer()
    except WeightsError as error:
        log.warning("the model that serves cannot be read and is no measure: %s", error)
        present = open_scorer()
    refusal = judge(load_scorer(folder), present, rows).refusal
    if refusal and not force:
        raise WorseModelError(f"{NAME} {version.version} does not serve: {refusal}.")
    # The figures of two versions are of different days; that both were judged on these suffices.
    return registry.promote(NAME, version.version, METRIC, force=True)


def score_rows(scorer: Scorer, rows: Rows) -> Array:
    """Log-odds as in serving: told neither place nor query, each list with its customer's latest
    actions; shape (n,)."""
    features = rows.features[:, : len(BEHAVIOUR)]
    if not isinstance(scorer, NetworkScorer):
        return scorer.score(features).total
    found = np.zeros(len(rows))
    order = np.argsort(lists_of(rows), kind="stable")
    starts = np.flatnonzero(np.diff(lists_of(rows)[order])) + 1
    products = rows.vocabulary.products
    for part in np.split(order, starts):
        if not len(part):
            continue
        acted = [
            (products[item], ACTION_KINDS[kind])
            for item, kind in zip(rows.history[part[0]], rows.actions[part[0]], strict=True)
            if item >= 0
        ]
        scene = Scene([products[item] for item in rows.item[part]], acted[::-1])
        found[part] = scorer.score(features[part], scene).total
    return found


def lists_of(rows: Rows) -> NDArray[np.int64]:
    """The number of the list that each row was shown in, shape (n,)."""
    if not len(rows):
        return np.zeros(0, np.int64)
    _, customer = np.unique(rows.customers, return_inverse=True)
    _, moment = np.unique(rows.day, return_inverse=True)
    together = customer.astype(np.int64) * (int(moment.max()) + 1) + moment
    found: NDArray[np.int64] = np.unique(together, return_inverse=True)[1].astype(np.int64)
    return found


def drift_figures(rows: Rows, scores: Array) -> dict[str, Array]:
    """What is watched for drift: the score and every behaviour feature."""
    named = {name: rows.features[:, column] for column, name in enumerate(BEHAVIOUR)}
    return {"score": scores, **named}


def _examination(places: NDArray[np.int64], clicks: Array, relevance: Array) -> Array:
    """Clicks at each place over what the products there make likely, falling, 1 at the first."""
    place = np.minimum(places, _PLACES - 1)
    clicked = np.bincount(place, clicks, _PLACES)
    expected = np.bincount(place, relevance, _PLACES)
    ratio = (clicked + 1) / (expected + 1)
    falling: Array = np.minimum.accumulate(ratio)
    relative: Array = falling / falling[0]
    return relative
