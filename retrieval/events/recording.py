"""Takes in posted behaviour: checks every event, keeps the good ones, reports the rest."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from pydantic import ValidationError

from retrieval.events.caps import REMEMBERED, FloodGuard
from retrieval.events.event import Event
from retrieval.store.base import as_utc

FUTURE_ALLOWED = timedelta(minutes=5)
OLDEST_ALLOWED = timedelta(days=730)
REPLAY_WINDOW = timedelta(seconds=2)
SAVE_EVERY = timedelta(seconds=5)
"""How often counts of refused events are written down while they come in."""

_Key = tuple[str, str, str, str | None]


class Products(Protocol):
    """Where product ids are looked up; ``CatalogStore`` is one."""

    def get_many(self, product_ids: Collection[str]) -> Mapping[str, object]: ...


class EventLog(Protocol):
    """Where accepted events go; ``EventStore`` is one."""

    def append_many(self, events: Sequence[Event]) -> int: ...


class Customers(Protocol):
    """Who the shop's customers are; ``CustomerStore`` is one."""

    def known(self, customer_ids: Collection[str]) -> set[str]: ...


class RejectionLog(Protocol):
    """Where refused events are counted; ``TrafficStore`` is one."""

    def add_rejections(self, day: int, counts: dict[str, int]) -> None: ...


class Listener(Protocol):
    """Who wants to know at once: live profiles are one."""

    def observe(self, events: Sequence[Event]) -> None: ...


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why one posted event was not taken: its place in the request, the field, and a sentence.

    ``code`` is ``invalid``, ``unknown_product``, ``future``, ``too_old``, ``replay`` or ``flood``.
    """

    index: int
    field: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a request."""

    accepted: int
    rejected: list[Rejected] = field(default_factory=list)
    unknown_customers: int = 0
    """Accepted events of customers whom the shop does not know."""

    def reasons(self) -> dict[str, int]:
        """Rejected events by code."""
        return dict(Counter(one.code for one in self.rejected))


class EventRecorder:
    """Validates and stores events; safe to call from several threads.

    Args:
        listeners: Told of the accepted events, after they are stored.
        rate_cap: Events taken from one customer in a minute; more are a flood and are refused.
        product_cap: The same for one product in an hour, by customers that are not known.
        customers: Who is known; without it everybody is.
        rejection_log: Where refused events are counted for good.
    """

    def __init__(
        self,
        log: EventLog,
        products: Products,
        *listeners: Listener,
        rate_cap: int = 300,
        product_cap: int = 300,
        customers: Customers | None = None,
        rejection_log: RejectionLog | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._products = products
        self._log = log
        self._listeners = listeners
        self._guard = FloodGuard(rate_cap, product_cap)
        self._customers = customers
        self._rejection_log = rejection_log
        self._now = now
        self._lock = Lock()
        self._recent: OrderedDict[_Key, datetime] = OrderedDict()
        self._unsaved: Counter[str] = Counter()
        self._saved_at = now()
        self.rejections: Counter[str] = Counter()
        """Rejected events by code since the start, for metrics."""

    def record(self, raw: Sequence[object]) -> Recorded:
        """Stores the good events of a request and reports the others. Bad input never raises."""
        rejected: list[Rejected] = []
        parsed: list[tuple[int, Event]] = []
        for index, item in enumerate(raw):
            event = _parse(index, item, rejected)
            if event is not None:
                parsed.append((index, event))
        known = self._products.get_many({event.product_id for _, event in parsed})
        strangers = self._strangers(raw, parsed)
        accepted: list[Event] = []
        with self._lock:
            now = self._now()
            for index, event in parsed:
                refusal = self._refuse(index, event, known, strangers, now)
                if refusal:
                    rejected.append(refusal)
                else:
                    accepted.append(event)
            codes = Counter(refusal.code for refusal in rejected)
            self.rejections.update(codes)
            self._unsaved.update(codes)
        if accepted:
            self._log.append_many(accepted)
            for listener in self._listeners:
                listener.observe(accepted)
        if self._unsaved and now - self._saved_at >= SAVE_EVERY:
            self.save_rejections()
        unknown = sum(event.customer_id in strangers for event in accepted)
        return Recorded(len(accepted), sorted(rejected, key=lambda r: r.index), unknown)

    def save_rejections(self) -> None:
        """Writes down what was counted since the last time."""
        with self._lock:
            counts, self._unsaved = dict(self._unsaved), Counter()
            self._saved_at = now = self._now()
        if counts and self._rejection_log is not None:
            self._rejection_log.add_rejections(int(now.timestamp() // 86_400), counts)

    def _strangers(self, raw: Sequence[object], parsed: Sequence[tuple[int, Event]]) -> set[str]:
        """Customers whom the shop does not know, among those of posted events. What the shop
        itself records comes as events and not as JSON, and is trusted."""
        posted = {e.customer_id for index, e in parsed if not isinstance(raw[index], Event)}
        if self._customers is None or not posted:
            return set()
        return posted - self._customers.known(posted)

    def _refuse(
        self,
        index: int,
        event: Event,
        known: Mapping[str, object],
        strangers: set[str],
        now: datetime,
    ) -> Rejected | None:
        if event.product_id not in known:
            reason = f"There is no product {event.product_id!r}."
            return Rejected(index, "product_id", reason, "unknown_product")
        if event.at > now + FUTURE_ALLOWED:
            return Rejected(index, "at", "The time lies in the future.", "future")
        if event.at < now - OLDEST_ALLOWED:
            return Rejected(index, "at", "The time lies more than two years back.", "too_old")
        if self._is_replay(event):
            reason = "The same event was sent a moment ago."
            return Rejected(index, "", reason, "replay")
        flood = self._guard.refuses(event, event.customer_id not in strangers, now)
        return Rejected(index, *flood, "flood") if flood else None

    def _is_replay(self, event: Event) -> bool:
        key = (event.type.value, event.customer_id, event.product_id, event.turn_id)
        last = self._recent.get(key)
        if last is not None and abs(event.at - last) <= REPLAY_WINDOW:
            return True
        self._recent[key] = event.at
        _forget_oldest(self._recent)
        return False


def _parse(index: int, item: object, rejected: list[Rejected]) -> Event | None:
    try:
        event = Event.model_validate(item)
    except ValidationError as error:
        for problem in error.errors()[:1]:
            name = ".".join(str(part) for part in problem["loc"])
            rejected.append(Rejected(index, name, f"{problem['msg']}.", "invalid"))
        return None
    try:
        return event.model_copy(update={"at": as_utc(event.at)})
    except OverflowError:  # year 1 or 9999 at the edge of a time zone
        rejected.append(Rejected(index, "at", "The time is out of range.", "invalid"))
        return None


def _forget_oldest(remembered: "OrderedDict[Any, Any]") -> None:
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
