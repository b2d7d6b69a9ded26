"""A second model that scores what the live one ranks, and changes nothing."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.ranker import LearnedRanker, Ranker

log = logging.getLogger(__name__)
KEPT = 1000
TOP = 5


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the shadow would have ranked the lists it saw."""

    lists: int
    correlation: float
    """Mean Spearman correlation of the two orders."""
    same_first: float
    """Share of lists whose first product is the same."""
    top_overlap: float
    """Mean share of the live first five that the shadow has there too."""
    failures: int


class ShadowRanker:
    """Ranks as ``live`` does; some lists are scored by ``shadow`` as well.

    What the shadow does is recorded (the last ``KEPT`` lists) and never shown; where it fails, the
    live order stands. Safe to use from several threads.
    """

    def __init__(self, live: Ranker, shadow: LearnedRanker, every: int = 1) -> None:
        """Each list of so many is scored by the shadow."""
        self.live = live
        self._shadow = shadow
        self._every = every
        self._met = 0
        self._seen: deque[tuple[float, bool, float]] = deque(maxlen=KEPT)
        self._failures = 0
        self._lock = Lock()

    def rank(
        self,
        candidates: Sequence[Candidate],
        profile: CustomerProfile | None,
        constraints: Constraints,
    ) -> list[Candidate]:
        """The live ranker's order."""
        ranked = self.live.rank(candidates, profile, constraints)
        self._met += 1
        if len(ranked) > 1 and self._met % self._every == 0:
            try:
                scores = self._shadow.scores(ranked, profile, constraints)
                self._record(scores)
            except Exception:
                log.exception("The shadow model failed; the live order stands.")
                with self._lock:
                    self._failures += 1
        return ranked

    def agreement(self) -> Agreement:
        """Over the lists recorded."""
        with self._lock:
            seen, failures = list(self._seen), self._failures
        if not seen:
            return Agreement(0, 0.0, 0.0, 0.0, failures)
        means = np.array(seen, dtype=np.float64).mean(axis=0)
        correlation, same, overlap = means.tolist()
        return Agreement(len(seen), correlation, same, overlap, failures)

    def _record(self, scores: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
        order = np.argsort(-scores, kind="stable")
        place = np.empty(len(order), dtype=np.float64)
        place[order] = np.arange(len(order))
        live = np.arange(len(order), dtype=np.float64)
        correlation = float(np.corrcoef(live, place)[0, 1])
        top = min(TOP, len(order))
        overlap = len(set(order[:top].tolist()) & set(range(top))) / top
        with self._lock:
            self._seen.append((correlation, bool(order[0] == 0), overlap))
