"""The experiment that runs, as one search sees it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from threading import Lock
from time import monotonic

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.errors import RetrievalError
from retrieval.experiments.experiment import Experiment
from retrieval.experiments.experiment_store import ExperimentStore, Shown
from retrieval.experiments.interleaving import team_draft
from retrieval.experiments.rankers import RankerShelf
from retrieval.ranking.diversity import within_twin_limit
from retrieval.ranking.ranker import Ranker

log = logging.getLogger(__name__)

READ_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What an experiment means for one shopper."""

    experiment: Experiment
    shopper_id: str
    """The customer's id, or that of the session of one who is not signed in."""
    ranker: Ranker
    rival: Ranker | None
    """The second ranker of an interleaved list."""
    _store: ExperimentStore
    _now: Callable[[], datetime]

    def draft(
        self, first: Sequence[Candidate], second: Sequence[Candidate], wanted: Constraints
    ) -> list[Candidate]:
        """One list of two, and a record of who chose what. The same question on the same day gives
        the same list."""
        now = self._now()
        asked = wanted.model_dump_json()
        seed = f"{self.experiment.id}|{self.shopper_id}|{now.date()}|{asked}"
        limit = max(len(first), len(second))
        coin = Random(seed)  # noqa: S311
        chosen = team_draft(first, second, limit, coin, within_twin_limit)
        shown = [
            Shown(self.shopper_id, candidate.id, self.experiment.arms[team].name, now)
            for candidate, team in chosen
        ]
        self._store.keep_shown(self.experiment.id, shown)
        return [candidate for candidate, _ in chosen]


class Trials:
    """Safe to use from several threads."""

    def __init__(
        self,
        store: ExperimentStore,
        shelf: RankerShelf,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.shelf = shelf
        self._store = store
        self._now = now
        self._running: Experiment | None = None
        self._due = 0.0
        self._lock = Lock()

    def of(self, shopper_id: str | None) -> Trial | None:
        """The trial that a customer, or a session of nobody known, is part of.

        A ranker that cannot be opened is logged, and the shopper gets the live one.
        """
        experiment = self._current() if shopper_id is not None else None
        if experiment is None or shopper_id is None:
            return None
        try:
            if experiment.kind == "ab":
                arm = experiment.arm_of(shopper_id)
                ranker, rival = self.shelf.open(arm.ranker), None
            else:
                ranker, rival = (self.shelf.open(arm.ranker) for arm in experiment.arms)
        except RetrievalError:
            log.exception("Experiment %s has a ranker that cannot be opened.", experiment.id)
            return None
        return Trial(experiment, shopper_id, ranker, rival, self._store, self._now)

    def _current(self) -> Experiment | None:
        with self._lock:
            if monotonic() >= self._due:
                self._due = monotonic() + READ_EVERY_S
                self._running = self._store.running()
            return self._running
