"""Takes in posted behaviour: checks every event, keeps the good ones, reports the rest."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from pydantic import ValidationError

from retrieval.events.event import Event
from retrieval.store.base import as_utc

FUTURE_ALLOWED = timedelta(minutes=5)
OLDEST_ALLOWED = timedelta(days=730)
REPLAY_WINDOW = timedelta(seconds=2)
RATE_WINDOW = timedelta(minutes=1)
CUSTOMERS_WATCHED = 50_000
"""Customers and events remembered for the rate cap and for replays; the oldest are forgotten."""

_Key = tuple[str, str, str, str | None]


class Products(Protocol):
    """Where product ids are looked up; ``CatalogStore`` is one."""

    def get_many(self, product_ids: Collection[str]) -> Mapping[str, object]: ...


class EventLog(Protocol):
    """Where accepted events go; ``EventStore`` is one."""

    def append_many(self, events: Sequence[Event]) -> int: ...


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


class EventRecorder:
    """Validates and stores events; safe to call from several threads.

    Args:
        listeners: Told of the accepted events, after they are stored.
        rate_cap: Events taken from one customer in a minute; more are a flood and are refused.
    """

    def __init__(
        self,
        log: EventLog,
        products: Products,
        *listeners: Listener,
        rate_cap: int = 300,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._products = products
        self._log = log
        self._listeners = listeners
        self._rate_cap = rate_cap
        self._now = now
        self._lock = Lock()
        self._recent: OrderedDict[_Key, datetime] = OrderedDict()
        self._rates: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
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
        accepted: list[Event] = []
        with self._lock:
            now = self._now()
            for index, event in parsed:
                refusal = self._refuse(index, event, known, now)
                if refusal:
                    rejected.append(refusal)
                else:
                    accepted.append(event)
            self.rejections.update(refusal.code for refusal in rejected)
        if accepted:
            self._log.append_many(accepted)
            for listener in self._listeners:
                listener.observe(accepted)
        return Recorded(len(accepted), sorted(rejected, key=lambda r: r.index))

    def _refuse(
        self, index: int, event: Event, known: Mapping[str, object], now: datetime
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
        if self._is_flood(event.customer_id, now):
            reason = f"More than {self._rate_cap} events of this customer in a minute."
            return Rejected(index, "customer_id", reason, "flood")
        return None

    def _is_replay(self, event: Event) -> bool:
        key = (event.type.value, event.customer_id, event.product_id, event.turn_id)
        last = self._recent.get(key)
        if last is not None and abs(event.at - last) <= REPLAY_WINDOW:
            return True
        self._recent[key] = event.at
        _forget_oldest(self._recent)
        return False

    def _is_flood(self, customer_id: str, now: datetime) -> bool:
        start, count = self._rates.get(customer_id, (now, 0))
        if now - start >= RATE_WINDOW:
            start, count = now, 0
        self._rates[customer_id] = (start, count + 1)
        self._rates.move_to_end(customer_id)
        _forget_oldest(self._rates)
        return count >= self._rate_cap


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
    while len(remembered) > CUSTOMERS_WATCHED:
        remembered.popitem(last=False)
