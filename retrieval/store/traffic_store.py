"""What shoppers were shown, clicked, put into carts and bought: sums made by the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, func, select, update

from retrieval.events.event import EventType
from retrieval.store.base import Sessions
from retrieval.store.bulk import write
from retrieval.store.insight_store import date_of, day_number_of
from retrieval.store.tables import EventRejectionRow, EventRow

PLACES = 50
"""Places of a list told apart; all below count as the last of them."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """Events of one type on one day (since 1970-01-01 UTC), of one customer or of all."""

    day: int
    type: EventType
    count: int
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class ShownAt:
    """How often a product was shown at a place of a list (0 the first)."""

    product_id: str
    place: int
    count: int


class TrafficStore:
    """Reads events; keeps only the count of those that were refused."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def daily(self, since: datetime, until: datetime) -> list[DayCount]:
        """By day and type."""
        day = date_of(EventRow.at)
        query = (
            select(day, EventRow.type, func.count())
            .where(EventRow.at >= since, EventRow.at < until)
            .group_by(day, EventRow.type)
        )
        with self._sessions() as session:
            rows = session.execute(query).all()
        return [DayCount(day_number_of(when), EventType(kind), n) for when, kind, n in rows]

    def daily_by_customer(self, since: datetime, until: datetime) -> Iterator[DayCount]:
        """By day, type and customer."""
        day = date_of(EventRow.at)
        query = (
            select(day, EventRow.type, EventRow.customer_id, func.count())
            .where(EventRow.at >= since, EventRow.at < until)
            .group_by(day, EventRow.type, EventRow.customer_id)
        )
        with self._sessions() as session:
            for when, kind, customer, n in session.execute(query):
                yield DayCount(day_number_of(when), EventType(kind), n, customer)

    def customers(self, since: datetime, until: datetime) -> dict[EventType, int]:
        """How many different customers did what."""
        query = (
            select(EventRow.type, func.count(func.distinct(EventRow.customer_id)))
            .where(EventRow.at >= since, EventRow.at < until)
            .group_by(EventRow.type)
        )
        with self._sessions() as session:
            return {EventType(kind): n for kind, n in session.execute(query)}

    def shown_at(self, since: datetime) -> list[ShownAt]:
        """Impressions by product and place; without a place they count as the first."""
        place = func.coalesce(EventRow.position, 0)
        bounded = case((place >= PLACES, PLACES - 1), else_=place)
        query = (
            select(EventRow.product_id, bounded, func.count())
            .where(EventRow.type == EventType.IMPRESSION.value, EventRow.at >= since)
            .group_by(EventRow.product_id, bounded)
        )
        with self._sessions() as session:
            return [ShownAt(key, int(at), n) for key, at, n in session.execute(query)]

    def by_product(self, kind: EventType, since: datetime) -> dict[str, int]:
        """How many events of a type each product had."""
        query = (
            select(EventRow.product_id, func.count())
            .where(EventRow.type == kind.value, EventRow.at >= since)
            .group_by(EventRow.product_id)
        )
        with self._sessions() as session:
            return {key: int(n) for key, n in session.execute(query)}

    # Events that were refused

    def add_rejections(self, day: int, counts: dict[str, int]) -> None:
        """Add to the counts of a day, by reason."""
        with self._sessions.begin() as session:
            nothing = [{"day": day, "code": code, "count": 0} for code in counts]
            write(session, EventRejectionRow, nothing, overwrite=False)
            for code, count in counts.items():
                own = (EventRejectionRow.day == day, EventRejectionRow.code == code)
                more = {"count": EventRejectionRow.count + count}
                session.execute(update(EventRejectionRow).where(*own).values(more))

    def rejections(self, since: int) -> list[tuple[int, str, int]]:
        """``(day, reason, count)`` from a day on, in order."""
        query = (
            select(EventRejectionRow.day, EventRejectionRow.code, EventRejectionRow.count)
            .where(EventRejectionRow.day >= since)
            .order_by(EventRejectionRow.day, EventRejectionRow.code)
        )
        with self._sessions() as session:
            return [(day, code, count) for day, code, count in session.execute(query)]


def moment_of(day: int) -> datetime:
    """The beginning of a day."""
    return datetime.fromtimestamp(day * 86_400, UTC)
