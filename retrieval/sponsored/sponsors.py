"""Places products that somebody pays for into a list, and charges for clicks on them."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from threading import Lock
from time import monotonic

from retrieval.candidate import Candidate, Evidence
from retrieval.constraints import Constraints
from retrieval.events.event import Event, EventType
from retrieval.ranking.diversity import within_twin_limit
from retrieval.sponsored.auction import Bid, Won, auction
from retrieval.sponsored.campaign_store import CampaignStore, Placed, Running
from retrieval.sponsored.pacing import day_allowance, may_spend

log = logging.getLogger(__name__)

LEAST_QUALITY = 0.5
"""Share of the best score in the list below which nothing is placed, whatever is paid."""
MOST_PRODUCTS = 20
"""Products of campaigns that one search takes along, those with the highest bids."""
READ_EVERY_S = 1.0

Paid = Won


class Sponsors:
    """Safe to use from several threads.

    Args:
        share: the largest share of a list that may be sponsored, in [0, 1].
    """

    def __init__(
        self,
        store: CampaignStore,
        share: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._share = share
        self._now = now
        self._running: list[Running] = []
        self._due = 0.0
        self._lock = Lock()

    def products(self, wanted: Constraints) -> list[str]:
        """Products of the campaigns that may be placed where this is wanted."""
        if not self._share:
            return []
        able = [one for one in self._able() if _targets(one, wanted)]
        able.sort(key=lambda one: (-one.bid, one.id))
        # In turn, so that no campaign with many products keeps the others out.
        rounds = zip_longest(*(one.product_ids for one in able))
        found = dict.fromkeys(key for keys in rounds for key in keys if key is not None)
        return list(found)[:MOST_PRODUCTS]

    def place(
        self, kept: Sequence[Candidate], shown: Sequence[Candidate], wanted: Constraints
    ) -> tuple[list[Candidate], list[Paid]]:
        """The list with its last places given to the winners of an auction, and these.

        Only candidates that met every constraint take part. What stands in the list by its own
        merit is neither labelled nor charged.
        """
        shown = list(shown)
        places = int(self._share * len(shown))
        campaigns = [c for c in self._able() if _targets(c, wanted)] if places else []
        if not campaigns:
            return shown, []
        listed = {c.id for c in shown}
        floor = LEAST_QUALITY * max(c.score for c in shown)
        able = {c.id: c for c in kept if c.id not in listed and c.score >= floor}
        bids = [
            Bid(one.id, one.advertiser, able[key], one.bid, able[key].click_rate)
            for one in campaigns
            for key in one.product_ids
            if key in able
        ]
        for count in range(places, 0, -1):
            won = auction(bids, count)
            paid = [one.bid.candidate for one in won]
            mixed = [*shown[: len(shown) - len(paid)], *paid]
            if paid and within_twin_limit(mixed):
                return mixed, won
        return shown, []

    def label(self, paid: Sequence[Paid], customer_id: str | None) -> None:
        """Says of each placed product that it is sponsored, before all else, and keeps a record."""
        for one in paid:
            values = {"advertiser": one.bid.advertiser, "campaign_id": one.bid.campaign_id}
            one.bid.candidate.evidence.insert(0, Evidence("sponsored", "sponsored_by", values))
        placed = [Placed(one.bid.campaign_id, one.bid.candidate.id, one.price) for one in paid]
        self._store.place(placed, customer_id, self._now())

    def observe(self, events: Iterable[Event]) -> None:
        """Charges for clicks on what was placed. A failure is logged: behaviour is stored then."""
        clicks = [event for event in events if event.type is EventType.CLICK]
        if not clicks:
            return
        try:
            placed = self._store.placed_among({e.product_id for e in clicks}, self._now())
            for event in clicks:
                if event.product_id in placed:
                    self._store.click(event.product_id, event.customer_id, self._now())
        except Exception:
            log.exception("Clicks on sponsored products could not be charged.")

    def _able(self) -> list[Running]:
        """Campaigns whose pace allows another click now."""
        now = self._now()
        with self._lock:
            if monotonic() >= self._due:
                self._due = monotonic() + READ_EVERY_S
                self._running = self._store.running(now)
            running = self._running
        return [one for one in running if _has_money(one, now)]


def _has_money(one: Running, now: datetime) -> bool:
    if not one.starts_at <= now < one.ends_at:
        return False
    allowance = day_allowance(one.budget, one.spent - one.spent_today, now, one.ends_at)
    return one.spent_today < may_spend(allowance, one.bid, now, one.starts_at, one.ends_at)


def _targets(one: Running, wanted: Constraints) -> bool:
    if one.categories and (wanted.category or "").casefold() not in one.categories:
        return False
    said = " ".join([wanted.query, wanted.category or ""]).casefold()
    return not one.keywords or any(_says(said, word) for word in one.keywords)


def _says(said: str, word: str) -> bool:
    """Whether a word occurs: as a whole one where the script parts words."""
    if not word.isascii():
        return word in said
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", said) is not None
