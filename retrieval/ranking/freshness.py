"""Does a task again in the background when its result has grown old and somebody asks."""

import logging
from collections.abc import Callable
from math import inf
from threading import Lock, Thread
from time import monotonic

log = logging.getLogger(__name__)


class Freshness:
    """Runs ``task`` in a thread of its own, at most one at a time and once in ``every_s`` seconds.

    A task that fails is logged and tried again when next due; what it made before serves on.
    """

    def __init__(self, task: Callable[[], None], every_s: float, held: bool = False) -> None:
        """``held``: nothing is run before ``release``, so that a start is not slowed down."""
        self._task = task
        self._every_s = every_s
        self._lock = Lock()
        self._due = inf if held else 0.0
        self._thread: Thread | None = None

    def touch(self) -> None:
        """Starts the task if it is due; returns at once."""
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
            if running or monotonic() < self._due:
                return
            self._due = monotonic() + self._every_s
            self._thread = Thread(target=self._run, name="freshness", daemon=True)
            self._thread.start()

    def release(self) -> None:
        """Lets a held task run, and starts it."""
        with self._lock:
            self._due = 0.0
        self.touch()

    def wait(self, timeout_s: float | None = None) -> None:
        """Waits until a task that is under way has ended."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._task()
        except Exception:
            log.exception("could not be brought up to date; what was read before serves on")
