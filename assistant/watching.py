"""Keeps an eye on the reviews while the shop is open: alarms, and the messages about them."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from assistant.webhook import Webhook
from retrieval.insights.watch import watch
from retrieval.store.alarm_store import AlarmStore
from retrieval.store.insight_store import InsightStore

log = logging.getLogger(__name__)

EVERY_S = 5.0
READ_EVERY = 12
"""Rounds between two looks for reviews that were not read yet."""


class Watching:
    """A thread that looks for new reviews, raises alarms and delivers what is due."""

    def __init__(
        self,
        insights: InsightStore,
        alarms: AlarmStore,
        webhook: Webhook | None = None,
        read: Callable[[], object] = lambda: None,
        every_s: float = EVERY_S,
    ) -> None:
        """``read`` has new reviews read, now or soon; it is called once a minute."""
        self._insights = insights
        self._alarms = alarms
        self._webhook = webhook
        self._read = read
        self._every_s = every_s
        self._mark: tuple[int, int] | None = None
        self._rounds = 0
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="watching", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a delivery under way is waited for."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._webhook is not None:
            self._webhook.close()

    def look(self) -> int:
        """One round: alarms where reviews were read since the last one, then deliveries; how many
        alarms are new."""
        if self._rounds % READ_EVERY == 0:
            self._read()
        self._rounds += 1
        mark, raised = self._insights.mark(), 0
        if mark != self._mark:
            raised = len(watch(self._insights, self._alarms, self._webhook is not None))
            self._mark = mark
        if self._webhook is not None:
            self._webhook.deliver_due()
        return raised

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                self.look()
            except Exception:
                log.exception("The reviews could not be watched; trying again.")
