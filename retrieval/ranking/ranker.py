"""Orders candidates by predicted preference and says which feature did how much."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.errors import WeightsError
from retrieval.ranking.features import (
    BEHAVIOUR,
    TRAINING_ONLY,
    WISH_WEIGHTS,
    WISHES,
    Features,
)
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.trees import Trees

Matrix = NDArray[np.float64]
BIAS = "bias"
_WEIGHTS = np.array([WISH_WEIGHTS[name] for name in WISHES])
_CENTRES = np.array([0.5 if name == "relevance" else 0.0 for name in WISHES])


class Ranker(Protocol):
    """The seam between candidates and their order."""

    def rank(
        self,
        candidates: Sequence[Candidate],
        profile: CustomerProfile | None,
        constraints: Constraints,
    ) -> list[Candidate]:
        """The same candidates, best first.

        Fills ``features``, ``contributions`` (log-odds; with the entry ``bias`` they sum to the
        log-odds of ``score``) and ``score`` in (0, 1). Drops and adds none. Without a profile the
        order is the same for everybody.
        """
        ...


class Scorer(Protocol):
    """What a model makes of behaviour features."""

    def contributions(self, rows: Matrix) -> tuple[Matrix, float]:
        """Parts of the log-odds for rows of shape ``(n, len(BEHAVIOUR))``, and a bias."""
        ...


class LinearScorer:
    """Fixed weights, for a shop without a model file: popular, well rated and to the taste."""

    WEIGHTS: Mapping[str, float] = {
        "click_lift": 0.6,
        "purchase_lift": 0.4,
        "volume": 0.3,
        "rating": 0.5,
        "review_count": 0.05,
        "newness": 0.1,
        "discount": 0.3,
        "in_stock": 1.0,
        "price_distance": -0.4,
        "taste_department": 0.5,
        "taste_category": 1.5,
        "taste_brand": 1.0,
        "taste_attribute": 1.5,
        "trail": 0.5,
    }

    def __init__(self) -> None:
        self._weights = np.array([self.WEIGHTS.get(name, 0.0) for name in BEHAVIOUR])

    def contributions(self, rows: Matrix) -> tuple[Matrix, float]:
        return rows * self._weights, -2.0


class TreeScorer:
    """A blend of click and purchase trees, each calibrated by a straight line on the log-odds."""

    def __init__(self, models: Sequence[tuple[Trees, float, float, float]]) -> None:
        """``models``: trees with weight in the blend, slope and intercept of the calibration."""
        self._models = models
        names = [*BEHAVIOUR, *TRAINING_ONLY]
        for trees, *_ in models:
            if trees.feature_names != tuple(names):
                raise WeightsError("The ranking model was trained on other features.")

    @classmethod
    def load(cls, folder: Path) -> "TreeScorer":
        """Reads ``model.json`` and the files it names. Raises ``WeightsError``."""
        try:
            card = json.loads((folder / "model.json").read_text("utf-8"))
            entries = [
                (entry["file"], *(float(entry[k]) for k in ("weight", "slope", "intercept")))
                for entry in card["models"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"The ranking model in {folder} cannot be read.") from error
        return cls(
            [(Trees.load(folder / file, TRAINING_ONLY), w, s, i) for file, w, s, i in entries]
        )

    def contributions(self, rows: Matrix) -> tuple[Matrix, float]:
        total = np.zeros_like(rows)
        bias = 0.0
        assumed = np.zeros((len(rows), len(TRAINING_ONLY)))  # never read: their splits are cut out
        placed = np.hstack([rows, assumed])
        for trees, weight, slope, intercept in self._models:
            parts, base = trees.contributions(placed)
            total += parts[:, : rows.shape[1]] * (weight * slope)
            bias += weight * (slope * base + intercept)
        return total, bias


class LearnedRanker:
    """Ranks by a scorer over behaviour features and by how well this turn's wishes are met."""

    def __init__(
        self,
        features: Features,
        scorer: Scorer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.features = features
        self._scorer = scorer
        self._now = now

    def rank(
        self,
        candidates: Sequence[Candidate],
        profile: CustomerProfile | None,
        constraints: Constraints,
    ) -> list[Candidate]:
        if not candidates:
            return []
        behaviour = self.features.behaviour(candidates, profile, self._now())
        wishes = self.features.wishes(candidates, constraints)
        parts, bias = self._scorer.contributions(behaviour)
        parts = np.hstack([parts, (wishes - _CENTRES) * _WEIGHTS])
        values = np.hstack([behaviour, wishes])
        scores = 1 / (1 + np.exp(-np.clip(parts.sum(axis=1) + bias, -30, 30)))
        names = [*BEHAVIOUR, *WISHES]
        for candidate, row, part, score in zip(
            candidates, values.tolist(), parts.tolist(), scores.tolist(), strict=True
        ):
            candidate.features = dict(zip(names, row, strict=True))
            candidate.contributions = dict(zip(names, part, strict=True)) | {BIAS: bias}
            candidate.score = score
        return sorted(candidates, key=lambda c: (-c.score, -c.fused, c.id))


PACKAGED = Path(str(files("retrieval.ranking"))) / "data"


def open_scorer(folder: Path | None = None) -> Scorer:
    """The model in ``folder``, else the packaged one, else fixed weights.

    Raises ``WeightsError`` where the model is damaged.
    """
    for place in (folder, PACKAGED):
        if place is not None and (place / "model.json").exists():
            return TreeScorer.load(place)
    return LinearScorer()
