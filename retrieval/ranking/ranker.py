"""Orders candidates by predicted preference and says which feature did how much."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.errors import WeightsError
from retrieval.events.event import EventType
from retrieval.ranking.features import BEHAVIOUR, WISH_WEIGHTS, WISHES, Features
from retrieval.ranking.figures import Figures, columns
from retrieval.ranking.network import CARD
from retrieval.ranking.objective import MARGIN, Objective
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.scorers import LinearScorer, Scene, Scorer, TreeScorer, load_scorer

__all__ = ["LearnedRanker", "LinearScorer", "Ranker", "Scorer", "TreeScorer", "open_scorer"]

Matrix = NDArray[np.float64]
BIAS = "bias"
_WEIGHTS = np.array([WISH_WEIGHTS[name] for name in WISHES])
_COLUMN = columns(BEHAVIOUR)
_AIMS = ("newness", "rating")
_FEATURES = columns([*BEHAVIOUR, *WISHES])
_PARTS = columns([*BEHAVIOUR, *WISHES, BIAS])
_PARTS_AND_MARGIN = columns([*_PARTS, MARGIN])
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
        log-odds of ``score``), ``score`` and ``click_rate`` in (0, 1). Drops and adds none. Without
        a profile the order is the same for everybody.
        """
        ...


class LearnedRanker:
    """Ranks by a scorer over behaviour features and by how well this turn's wishes are met."""

    def __init__(
        self,
        features: Features,
        scorer: Scorer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        objective: Objective | None = None,
    ) -> None:
        self.features = features
        self._scorer = scorer
        self._now = now
        self._objective = objective or Objective()

    def rank(
        self,
        candidates: Sequence[Candidate],
        profile: CustomerProfile | None,
        constraints: Constraints,
    ) -> list[Candidate]:
        if not candidates:
            return []
        judged = self._judge(candidates, profile, constraints)
        scores, clicks = (_chance(odds).tolist() for odds in (judged.total, judged.click))
        for row, (candidate, score, click) in enumerate(
            zip(candidates, scores, clicks, strict=True)
        ):
            candidate.features = Figures(_FEATURES, judged.values, row)
            candidate.contributions = Figures(judged.names, judged.parts, row)
            candidate.score, candidate.click_rate = score, click
        return sorted(candidates, key=lambda c: (-c.score, -c.fused, c.id))

    def rescore(
        self, candidates: Sequence[Candidate], latest: Sequence[tuple[str, EventType]]
    ) -> Matrix:
        """What this ranker makes of the features that another gave to candidates, in log-odds of
        shape ``(len(candidates),)``. The candidates stay as they are."""
        rows = np.array([[*c.features.values()] for c in candidates])
        own = rows[:, : len(BEHAVIOUR)]
        return self._scored(candidates, own, rows[:, len(BEHAVIOUR) :], latest).total

    def _judge(
        self,
        candidates: Sequence[Candidate],
        profile: CustomerProfile | None,
        constraints: Constraints,
    ) -> "_Judged":
        behaviour = self.features.behaviour(candidates, profile, self._now())
        wishes = self.features.wishes(candidates, constraints)
        return self._scored(candidates, behaviour, wishes, list(profile.latest) if profile else ())

    def _scored(
        self,
        candidates: Sequence[Candidate],
        behaviour: Matrix,
        wishes: Matrix,
        latest: Sequence[tuple[str, EventType]],
    ) -> "_Judged":
        scene = Scene([c.id for c in candidates], latest)
        parts, rest, click = self._scorer.score(behaviour, scene)
        extra = self._objective.parts(candidates, {n: behaviour[:, _COLUMN[n]] for n in _AIMS})
        margins = extra.pop(MARGIN, None)
        for name, values in extra.items():
            parts[:, _COLUMN[name]] += values
        added = [parts, (wishes - _CENTRES) * _WEIGHTS, rest[:, None]]
        names = _PARTS
        if margins is not None:
            added.append(margins[:, None])
            names = _PARTS_AND_MARGIN
        every = np.hstack(added)
        return _Judged(np.hstack([behaviour, wishes]), names, every, every.sum(axis=1), click)


class _Judged(NamedTuple):
    """Candidates by row: features, named parts of the log-odds, and their sum."""

    values: Matrix
    names: Mapping[str, int]
    parts: Matrix
    total: Matrix
    click: Matrix


def _chance(odds: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


PACKAGED = Path(str(files("retrieval.ranking"))) / "data"


def open_scorer(folder: Path | None = None, objective: Objective | None = None) -> Scorer:
    """The model in ``folder``, else the packaged one, else fixed weights.

    ``folder`` holds a model, or versions of models of which one serves (see ``registry``). Raises
    ``WeightsError`` where the model is damaged.
    """
    own = serving_folder(folder) if folder is not None else None
    for place in (own, PACKAGED):
        if place is not None and any((place / name).exists() for name in (CARD, "model.json")):
            return load_scorer(place, objective)
    return LinearScorer()


def read_priors(folder: Path | None = None) -> dict[str, float]:
    """How much customers' tastes differ by kind of trait, as the serving model's training found.

    Raises ``WeightsError`` where the model's card is damaged.
    """
    place = PACKAGED if folder is None else serving_folder(folder)
    for card in (place / CARD, place / "model.json"):
        if card.exists():
            try:
                found = json.loads(card.read_text("utf-8")).get("priors", {})
                return {str(kind): float(variance) for kind, variance in found.items()}
            except (OSError, ValueError, AttributeError) as error:
                raise WeightsError(f"The ranking model in {place} cannot be read.") from error
    return {} if folder is None else read_priors()


def serving_folder(folder: Path) -> Path:
    """Where the serving version lies: what ``current`` names, else the folder itself."""
    pointer = folder / "current"
    return folder / pointer.read_text("utf-8").strip() if pointer.is_file() else folder
