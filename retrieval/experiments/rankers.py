"""The rankers that an experiment may compare, by name."""

import re
from pathlib import Path
from threading import Lock

from retrieval.errors import WeightsError
from retrieval.ranking.features import Features
from retrieval.ranking.network import CARD
from retrieval.ranking.objective import Objective
from retrieval.ranking.ranker import LearnedRanker, Ranker
from retrieval.ranking.scorers import LinearScorer, Scorer, load_scorer

LIVE, FIXED = "live", "fixed"
_CARDS = (CARD, "model.json")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RankerShelf:
    """Opens each ranker once. Safe to use from several threads.

    Args:
        live: what ranks where there is no experiment.
        folder: where the shop's own models are, one folder for each version.
        objective: the merchant's aims, which hold for every ranker.
    """

    def __init__(
        self,
        live: Ranker,
        features: Features,
        folder: Path | None = None,
        objective: Objective | None = None,
    ) -> None:
        self._features = features
        self._objective = objective
        self._folder = folder
        self._opened: dict[str, Ranker] = {
            LIVE: live,
            FIXED: self._ranker(LinearScorer()),
        }
        self._lock = Lock()

    def names(self) -> list[str]:
        """``live``, ``fixed``, and the versions there are."""
        held = list(self._folder.iterdir()) if self._folder and self._folder.is_dir() else []
        models = [f.name for f in held if any((f / card).exists() for card in _CARDS)]
        return [LIVE, FIXED, *sorted(models)]

    def open(self, name: str) -> Ranker:
        """Raises ``WeightsError`` where there is no such ranker, or it is damaged."""
        with self._lock:
            if name not in self._opened:
                if self._folder is None or not _VERSION.fullmatch(name) or name not in self.names():
                    raise WeightsError(f"There is no ranker {name!r}.")
                scorer = load_scorer(self._folder / name, self._objective)
                self._opened[name] = self._ranker(scorer)
            return self._opened[name]

    def _ranker(self, scorer: Scorer) -> LearnedRanker:
        return LearnedRanker(self._features, scorer, objective=self._objective)
