"""What customers did."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select

from retrieval.events.event import Event, EventType
from retrieval.store.base import Sessions, as_utc
from retrieval.store.bulk import Row, chunks, table_of
from retrieval.store.tables import EventRow

_COLUMNS = tuple(getattr(EventRow, name) for name in Event.model_fields)
_NEWEST = (EventRow.at.desc(), EventRow.id.desc())


class EventStore:
    """Events in order of arrival, and by customer."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def append_many(self, events: Iterable[Event], batch: int = 5000) -> int:
        """Store events, ``batch`` per transaction; how many."""
        count = 0
        statement = insert(table_of(EventRow))
        for chunk in chunks(events, batch):
            with self._sessions.begin() as session:
                session.execute(statement, [_row(event) for event in chunk])
            count += len(chunk)
        return count

    def recent(self, customer_id: str, limit: int = 500) -> list[Event]:
        """A customer's latest events, newest first."""
        query = (
            select(*_COLUMNS)
            .where(EventRow.customer_id == customer_id)
            .order_by(*_NEWEST)
            .limit(limit)
        )
        with self._sessions() as session:
            return [_event(row) for row in session.execute(query).mappings()]

    def after(self, sequence: int, limit: int = 10_000) -> list[tuple[int, Event]]:
        """Events that arrived after the one numbered ``sequence``, with their numbers, in order."""
        query = (
            select(EventRow.id, *_COLUMNS)
            .where(EventRow.id > sequence)
            .order_by(EventRow.id)
            .limit(limit)
        )
        with self._sessions() as session:
            rows = session.execute(query).mappings().all()
        return [(row["id"], _event(row)) for row in rows]

    def scan(self, since: datetime | None = None, batch: int = 10_000) -> Iterator[Event]:
        """All events in order of arrival, or those that happened at ``since`` or later."""
        last = 0
        start = as_utc(since) if since else None
        while found := self.after(last, batch):
            yield from (event for _, event in found if start is None or event.at >= start)
            last = found[-1][0]

    def last_sequence(self) -> int:
        """The number of the newest event; 0 when there is none."""
        with self._sessions() as session:
            return session.scalar(select(func.max(EventRow.id))) or 0

    def count(self) -> int:
        with self._sessions() as session:
            return session.scalar(select(func.count(EventRow.id))) or 0

    def export(self, customer_id: str) -> list[Event]:
        """Everything held about a customer here, oldest first."""
        query = select(*_COLUMNS).where(EventRow.customer_id == customer_id)
        query = query.order_by(EventRow.at, EventRow.id)
        with self._sessions() as session:
            return [_event(row) for row in session.execute(query).mappings()]

    def erase(self, customer_id: str) -> int:
        """Delete everything a customer did; how many events."""
        with self._sessions.begin() as session:
            gone = delete(EventRow).where(EventRow.customer_id == customer_id)
            return len(session.scalars(gone.returning(EventRow.id)).all())


def _row(event: Event) -> Row:
    return {**event.__dict__, "at": as_utc(event.at)}


def _event(row: RowMapping) -> Event:
    """An event from its row; not validated again, since it was on its way in."""
    values = {name: row[name] for name in Event.model_fields}
    return Event.model_construct(**values | {"type": EventType(values["type"])})
