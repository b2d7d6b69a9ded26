"""A second model that scores what shoppers are shown in the background, and changes nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Lock, Thread
from time import monotonic
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.events.event import EventType
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.ranker import LearnedRanker, Ranker

log = logging.getLogger(__name__)
POINTER = "shadow"
"""File beside the versions that names the one to run as a shadow."""
READ_EVERY_S = 5.0
WAITING = 64
"""Lists that may wait to be scored; more are left out, so that no turn ever waits for a shadow."""
TOP = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """A product that was shown."""

    product_id: str
    live: float
    """Score of the ranking that was shown; like ``shadow`` comparable within one list only."""
    shadow: float
    examination: float
    """Chance that its place was looked at, relative to the first."""


@dataclass(frozen=True, slots=True)
class ShadowList:
    """One list, as it was shown and as the shadow saw it."""

    version: str
    shopper_id: str
    at: datetime
    correlation: float
    """Spearman's, of both orders of all candidates."""
    same_first: bool
    top_overlap: float
    """Share of the live first five that the shadow has there too."""
    shown: tuple[Scored, ...]


class Keeper(Protocol):
    """Where lists go."""

    def add(self, lists: Sequence[ShadowList]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Seen:
    ranked: Sequence[Candidate]
    shown: Sequence[str]
    latest: Sequence[tuple[str, EventType]]
    shopper_id: str
    at: datetime


class Shadow:
    """Scores lists by the version that the pointer names, in a thread of its own.

    Where the shadow fails, or is slower than the traffic, lists are left out and counted. Safe to
    use from several threads.
    """

    def __init__(
        self,
        folder: Path,
        open_version: Callable[[str], Ranker],
        keeper: Keeper,
        examination: Callable[[int], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Args:
            folder: of the versions and the pointer, which may change while this runs.
            open_version: gives the ranker of a version.
            keeper: is given what was found.
            examination: chance that a place is looked at.
            now: the clock.
        """
        self._pointer = folder / POINTER
        self._open = open_version
        self._keeper = keeper
        self._examination = examination
        self._now = now
        self._queue: Queue[_Seen] = Queue(WAITING)
        self._lock = Lock()
        self._thread: Thread | None = None
        self._version: str | None = None
        self._due = 0.0
        self.left_out = 0
        """Lists that came too fast, or that the shadow failed at, since the start."""

    def version(self) -> str | None:
        """The version that runs as a shadow; read anew every few seconds."""
        with self._lock:
            if monotonic() >= self._due:
                self._due = monotonic() + READ_EVERY_S
                self._version = read_pointer(self._pointer)
            return self._version

    def see(
        self,
        ranked: Sequence[Candidate],
        shown: Sequence[Candidate],
        profile: CustomerProfile | None,
        shopper_id: str | None,
    ) -> None:
        """Hands a list over; returns at once. ``ranked`` bear the live ranker's features."""
        if shopper_id is None or len(ranked) < 2 or not shown or self.version() is None:
            return
        latest = () if profile is None else tuple(profile.latest)
        seen = _Seen(tuple(ranked), [c.id for c in shown], latest, shopper_id, self._now())
        try:
            self._queue.put_nowait(seen)
        except Full:
            self.left_out += 1
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="shadow", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Waits until all that was handed over is scored and kept."""
        self._queue.join()

    def _run(self) -> None:
        while True:
            some = [self._queue.get()]
            try:
                while len(some) < WAITING:
                    some.append(self._queue.get_nowait())
            except Empty:
                pass
            try:
                self._keep(some)
            finally:
                for _ in some:
                    self._queue.task_done()

    def _keep(self, some: Sequence[_Seen]) -> None:
        version = self.version()
        if version is None:
            return
        try:
            ranker = self._open(version)
            if isinstance(ranker, LearnedRanker):
                self._keeper.add([self._score(ranker, version, seen) for seen in some])
        except Exception:
            log.exception("The shadow model %s failed; what is shown stays as it is.", version)
            self.left_out += len(some)

    def _score(self, ranker: LearnedRanker, version: str, seen: _Seen) -> ShadowList:
        live = np.array([c.score for c in seen.ranked])
        scores = ranker.rescore(seen.ranked, seen.latest)
        ranks = _ranks(scores)
        own = _ranks(live)
        top = min(TOP, len(live))
        place = {c.id: row for row, c in enumerate(seen.ranked)}
        return ShadowList(
            version,
            seen.shopper_id,
            seen.at,
            float(np.corrcoef(own, ranks)[0, 1]),
            bool(ranks[np.argmin(own)] == 0),
            float(np.mean(ranks[own < top] < top)),
            tuple(
                Scored(key, float(live[place[key]]), float(scores[place[key]]), chance)
                for position, key in enumerate(seen.shown)
                if key in place and (chance := self._examination(position)) > 0
            ),
        )


def read_pointer(pointer: Path) -> str | None:
    """The version named; ``None`` where none is."""
    try:
        return pointer.read_text("utf-8").strip() or None
    except OSError:
        return None


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places, the best 0."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return ranks
