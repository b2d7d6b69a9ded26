"""What makes scores of features: a network, boosted trees, or fixed weights."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import WeightsError
from retrieval.events.event import EventType
from retrieval.ranking.features import BEHAVIOUR, TRAINING_ONLY
from retrieval.ranking.network import CARD, RankingNetwork
from retrieval.ranking.objective import Objective
from retrieval.ranking.trees import Trees

Matrix = NDArray[np.float64]
PURCHASE = "purchase.txt"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scorer may know beside the features of the candidates."""

    ids: Sequence[str] = ()
    """The candidates' products; without them a network knows no texts."""
    latest: Sequence[tuple[str, EventType]] = ()
    """The customer's latest actions, the most recent last."""


_NOTHING = Scene()


class Scored(NamedTuple):
    """What a model makes of n candidates, in log-odds."""

    parts: Matrix
    """Of the score by feature, (n, len(BEHAVIOUR))."""
    rest: Matrix
    """Of the score and of no feature, (n,)."""
    click: Matrix
    """Of a click alone, in the first place of a list, whatever the list is ordered for; (n,)."""

    @property
    def total(self) -> Matrix:
        """The score's, (n,)."""
        return np.asarray(self.parts.sum(axis=1) + self.rest)


class Scorer(Protocol):
    """What a model makes of behaviour features."""

    def score(self, rows: Matrix, scene: Scene = _NOTHING) -> Scored:
        """``rows`` of shape ``(n, len(BEHAVIOUR))``."""
        ...


class LinearScorer:
    """Fixed weights, for a shop without a model file: popular, well rated and to the taste."""

    WEIGHTS: Mapping[str, float] = {
        "click_lift": 0.3,
        "purchase_lift": 0.4,
        "volume": 0.2,
        "shop_product": 0.5,
        "shop_traits": 0.5,
        "liking": 0.5,
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

    def score(self, rows: Matrix, scene: Scene = _NOTHING) -> Scored:
        parts, rest = rows * self._weights, np.full(len(rows), -2.0)
        return Scored(parts, rest, parts.sum(axis=1) + rest)


class TreeScorer:
    """A blend of click and purchase trees, each calibrated by a straight line on the log-odds."""

    def __init__(self, models: Sequence[tuple[Trees, float, float, float]]) -> None:
        """``models``: trees with weight in the blend, slope and intercept of the calibration."""
        self._models = models
        own = list(BEHAVIOUR)
        self._columns = []
        for trees, *_ in models:
            names = [name for name in trees.feature_names if name not in TRAINING_ONLY]
            if not set(names) <= set(own):
                raise WeightsError("The ranking model was trained on other features.")
            # A model from before some features came ranks on by those that it knows.
            self._columns.append([own.index(name) for name in names])

    @classmethod
    def load(cls, folder: Path, objective: Objective | None = None) -> "TreeScorer":
        """Reads ``model.json`` and the files it names. Raises ``WeightsError``."""
        aims = objective or Objective()
        try:
            card = json.loads((folder / "model.json").read_text("utf-8"))
            entries = [
                (entry["file"], float(entry["slope"]), float(entry["intercept"]))
                for entry in card["models"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"The ranking model in {folder} cannot be read.") from error
        return cls(
            [
                (
                    Trees.load(folder / file, TRAINING_ONLY),
                    aims.conversion if file == PURCHASE else aims.click,
                    slope,
                    intercept,
                )
                for file, slope, intercept in entries
            ]
        )

    def score(self, rows: Matrix, scene: Scene = _NOTHING) -> Scored:
        total, rest = np.zeros_like(rows), np.zeros(len(rows))
        click = None
        for (trees, weight, slope, intercept), columns in zip(
            self._models, self._columns, strict=True
        ):
            known = rows[:, columns]
            others = len(trees.feature_names) - len(columns)
            # The circumstances are never read: their splits are cut out.
            parts, base = trees.contributions(np.hstack([known, np.zeros((len(rows), others))]))
            total[:, columns] += parts[:, : len(columns)] * (weight * slope)
            rest += weight * (slope * base + intercept)
            if click is None:  # the first model is that of clicks
                click = slope * (parts.sum(axis=1) + base) + intercept
        return Scored(total, rest, rest if click is None else click)


class NetworkScorer:
    """A blend of the network's log-odds of a click and of a purchase."""

    def __init__(self, network: RankingNetwork, objective: Objective | None = None) -> None:
        self.network = network
        self._objective = objective or Objective()

    def score(self, rows: Matrix, scene: Scene = _NOTHING) -> Scored:
        ids = scene.ids or [""] * len(rows)
        found = self.network.odds(rows, ids, scene.latest)
        parts, rest, after = (part.astype(np.float64) for part in found)
        aims = self._objective
        # A purchase takes a click first, so the click's log-odds are in both.
        both = aims.click + aims.conversion
        click = parts.sum(axis=1) + rest
        return Scored(both * parts, both * rest + aims.conversion * after, click)


def load_scorer(folder: Path, objective: Objective | None = None) -> Scorer:
    """The network or the trees in ``folder``. Raises ``WeightsError``."""
    if (folder / CARD).exists():
        return NetworkScorer(RankingNetwork.load(folder), objective)
    return TreeScorer.load(folder, objective)
