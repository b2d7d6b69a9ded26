"""The index as a server holds it: always one complete snapshot, kept up with SQL."""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from retrieval.errors import IndexNotReadyError, RetrievalError
from retrieval.index.builder import IndexBuilder
from retrieval.index.delta import Delta
from retrieval.index.generation import Snapshot, open_snapshot
from retrieval.index.generation_store import Generation, GenerationStore
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore, ProductChange, Standing

logger = logging.getLogger(__name__)

_AT_ONCE = 256
"""Changed texts that are taken in before the next snapshot: half a second of encoding."""
_PRICES_AT_ONCE = 20_000
_MOST = 5_000
"""Changed texts that are held beside a generation; more are left to a build."""
_MERGE_AFTER_S = 60.0
_MERGE_SHARE = 20
"""A build to merge changes comes no sooner than so many times what the last build took."""


class LiveIndex:
    """Readers take ``snapshot`` once per search and keep it; it is replaced, never changed.

    Every change in SQL is applied within one poll: prices, stock, ratings and removals to the
    columns, new products and changed texts as a delta behind the generation. A build in a thread of
    its own merges the delta when it has grown or waited for long.
    """

    def __init__(self, builder: IndexBuilder, sessions: Sessions, ask_chroma: bool = False) -> None:
        self._builder = builder
        self._catalog = CatalogStore(sessions)
        self._generations = GenerationStore(sessions)
        self._ask_chroma = ask_chroma
        self._base: Snapshot | None = None
        """The generation alone, its prices, stock and removals brought up to date."""
        self._delta: Delta | None = None
        self._snapshot: Snapshot | None = None
        """The two together."""
        self._refreshing = threading.Lock()
        self._generation: Generation | None = None
        self._wanted_revision = -1
        """The latest revision at which something changed that only a build can bring in."""
        self._delta_since = 0.0
        """When the delta's first product came; seconds of the monotonic clock."""
        self._building: threading.Thread | None = None
        self._polling: threading.Thread | None = None
        self._stopped = threading.Event()

    @property
    def snapshot(self) -> Snapshot:
        """The present snapshot. Raises ``IndexNotReadyError`` before there is one."""
        if self._snapshot is None:
            raise IndexNotReadyError("No search index has been built yet.")
        return self._snapshot

    def open(self) -> None:
        """Opens the active generation, builds the first one where there is none, and catches up."""
        if self._generations.active_id() is None:
            self._builder.build()
        while self.refresh():
            pass

    def refresh(self) -> bool:
        """Brings the snapshot up to SQL's revision, and starts a build when one is needed.

        Returns whether more has changed than one refresh takes in.
        """
        with self._refreshing:
            self._open_active()
            if self._base is None:
                return False
            before = self._base
            more = self._apply_changes()
            if self._base is not before:
                self._publish()
            if self._needs_build() and not self._is_building():
                self._start_build()
            return more

    def start(self, interval_s: float = 0.5) -> None:
        """Polls SQL every ``interval_s`` seconds in a thread, until ``stop``."""
        self._stopped.clear()
        self._polling = threading.Thread(
            target=self._poll, args=(interval_s,), name="index-poll", daemon=True
        )
        self._polling.start()

    def stop(self) -> None:
        """Ends the polling; a running build is waited for."""
        self._stopped.set()
        for thread in (self._polling, self._building):
            if thread is not None:
                thread.join()
        self._polling = self._building = None

    def wait_until_current(self, timeout_s: float = 30.0) -> bool:
        """Refreshes until everything SQL holds can be found; whether that came about in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            more = self.refresh()
            if not more and self._snapshot is not None and not self._lacks_something():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.0 if more else 0.02)

    def _needs_build(self) -> bool:
        return self._lacks_something() or self._is_merge_due()

    def _lacks_something(self) -> bool:
        """Whether there is something that only a build can bring in."""
        assert self._generation is not None
        if self._generation.revision < self._wanted_revision:
            return True
        return self.snapshot.content.encoder != self._builder.fingerprint

    def _is_merge_due(self) -> bool:
        if not self._delta or self._generation is None:
            return False
        took = float(self._generation.info.get("seconds", 0.0))
        waited = time.monotonic() - self._delta_since
        return waited > max(_MERGE_AFTER_S, _MERGE_SHARE * took)

    def _is_building(self) -> bool:
        return self._building is not None and self._building.is_alive()

    def _start_build(self) -> None:
        if not self._stopped.is_set():
            self._building = threading.Thread(target=self._build, name="index-build", daemon=True)
            self._building.start()

    def _open_active(self) -> None:
        active = self._generations.active()
        if active is None or (self._generation and self._generation.id == active.id):
            return
        if not self._builder.place.is_whole(active.id):
            self._builder.derive(active)
        self._base = open_snapshot(self._builder.place, active, self._ask_chroma)
        self._delta = Delta(self._base, self._builder.encoder)
        self._generation = active
        while self._apply_changes():  # the old snapshot serves until the new one is as far
            pass
        self._publish()

    def _publish(self) -> None:
        assert self._base is not None and self._delta is not None
        self._snapshot = self._delta.behind(self._base)

    def _apply_changes(self) -> bool:
        """Applies what has changed since the base's revision; whether there is more to apply."""
        assert self._base is not None and self._delta is not None
        base, delta = self._base, self._delta
        changes = self._catalog.changed_since(base.revision)
        if not changes:
            return False
        anew = {c.id for c in changes if not c.removed and self._is_new(c)}
        if len(delta) + len(anew) > _MOST:
            self._wanted_revision = changes[-1].revision
            anew.clear()
        some = _in_one_go(changes, anew)
        removed = [change.id for change in some if change.removed]
        standings = self._catalog.standings(c.id for c in some if not c.removed)
        anew = {key for key in standings if key in anew or self._has_other_skus(standings[key])}
        if anew and not delta:
            self._delta_since = time.monotonic()
        delta.bury(removed)
        delta.add(list(self._catalog.get_many(anew).values()))
        columns = base.columns.refreshed(
            (standing for key, standing in standings.items() if key not in anew),
            [*removed, *anew],
        )
        self._base = replace(base, columns=columns, revision=some[-1].revision)
        return len(some) < len(changes)

    def _is_new(self, change: ProductChange) -> bool:
        """Whether a product is in the index with other texts, or not at all."""
        assert self._base is not None and self._delta is not None
        if self._delta.holds(change.id):
            return True  # it has few neighbours there: a price changes with a new row as well
        row = self._base.columns.row(change.id)
        return row is None or self._base.content.text_hash(row) != change.text_hash

    def _has_other_skus(self, standing: Standing) -> bool:
        assert self._base is not None
        columns = self._base.columns
        row = columns.row(standing.id)
        return row is not None and {columns.skus[v] for v in columns.variants(row)} != set(
            standing.variants
        )

    def _build(self) -> None:
        try:
            assert self._generation is not None
            self._builder.build(
                newer_than=max(self._wanted_revision - 1, self._generation.revision)
            )
        except RetrievalError:
            logger.exception("the index could not be rebuilt; the old one serves on")

    def _poll(self, interval_s: float) -> None:
        more = False
        while not self._stopped.wait(0.0 if more else interval_s):
            try:
                more = self.refresh()
            except Exception:
                # Whatever went wrong (the database away for a moment), the old snapshot serves on.
                logger.exception("the index could not be refreshed")
                more = False


def _in_one_go(changes: Sequence[ProductChange], anew: Collection[str]) -> list[ProductChange]:
    """The first changes, whole revisions of them, that are not too many for one refresh."""
    some: list[ProductChange] = []
    texts = 0
    for change in changes:
        is_full = texts >= _AT_ONCE or len(some) >= _PRICES_AT_ONCE
        if is_full and change.revision != some[-1].revision:
            break
        some.append(change)
        texts += change.id in anew
    return some
