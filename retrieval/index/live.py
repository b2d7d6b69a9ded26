"""The index as a server holds it: always one complete snapshot, kept up with SQL."""

import logging
import threading
import time
from dataclasses import replace

from retrieval.errors import IndexNotReadyError, RetrievalError
from retrieval.index.builder import IndexBuilder
from retrieval.index.generation import Snapshot, open_snapshot
from retrieval.index.generation_store import GenerationStore
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore

logger = logging.getLogger(__name__)


class LiveIndex:
    """Readers take ``snapshot`` once per search and keep it; it is replaced, never changed.

    Prices, stock, ratings and removals are applied to the columns within one poll; changed texts
    and new products come with a generation that is built in a background thread.
    """

    def __init__(self, builder: IndexBuilder, sessions: Sessions, ask_chroma: bool = False) -> None:
        self._builder = builder
        self._catalog = CatalogStore(sessions)
        self._generations = GenerationStore(sessions)
        self._ask_chroma = ask_chroma
        self._snapshot: Snapshot | None = None
        self._refreshing = threading.Lock()
        self._generation_revision = -1
        self._wanted_revision = -1
        """The latest revision at which something changed that only a build can bring in."""
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
        self.refresh()

    def refresh(self) -> None:
        """Brings the snapshot up to SQL's revision, and starts a build when one is needed."""
        with self._refreshing:
            self._open_active()
            if self._snapshot is None:
                return
            self._apply_changes(self._snapshot)
            if self._needs_build() and not self._is_building() and not self._stopped.is_set():
                self._building = threading.Thread(
                    target=self._build, name="index-build", daemon=True
                )
                self._building.start()

    def start(self, interval_s: float = 1.0) -> None:
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
            self.refresh()
            if not self._is_building() and self._snapshot is not None and not self._needs_build():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)

    def _needs_build(self) -> bool:
        if self._generation_revision < self._wanted_revision:
            return True
        return self.snapshot.content.encoder != self._builder.fingerprint

    def _is_building(self) -> bool:
        return self._building is not None and self._building.is_alive()

    def _open_active(self) -> None:
        active = self._generations.active()
        if active is None or (self._snapshot and self._snapshot.generation == active.id):
            return
        snapshot = open_snapshot(self._builder.place, active, self._ask_chroma)
        self._generation_revision = active.revision
        self._snapshot = snapshot

    def _apply_changes(self, snapshot: Snapshot) -> None:
        changes = self._catalog.changed_since(snapshot.revision)
        if not changes:
            return
        known = [c for c in changes if snapshot.columns.row(c.id) is not None]
        removed = [c.id for c in known if c.removed]
        present = self._catalog.get_many([c.id for c in known if not c.removed])
        columns = snapshot.columns.refreshed(present.values(), removed)
        revision = max(change.revision for change in changes)
        for change in changes:
            known_hash = snapshot.content.text_hashes.get(change.id)
            if known_hash != (None if change.removed else change.text_hash):
                self._wanted_revision = max(self._wanted_revision, change.revision)
        self._snapshot = replace(snapshot, columns=columns, revision=revision)

    def _build(self) -> None:
        try:
            self._builder.build(newer_than=self._wanted_revision - 1)
        except RetrievalError:
            logger.exception("the index could not be rebuilt; the old one serves on")

    def _poll(self, interval_s: float) -> None:
        while not self._stopped.wait(interval_s):
            try:
                self.refresh()
            except Exception:
                # Whatever went wrong (the database away for a moment), the old snapshot serves on.
                logger.exception("the index could not be refreshed")
