"""Alarms, and the outbox of messages about them to the merchant's own system."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select, update

from retrieval.store.base import Sessions
from retrieval.store.bulk import write
from retrieval.store.tables import AlarmRow, WebhookRow

NEWS_DAYS = 30
"""A turn that lies further back is history, found in an import, and sent to nobody."""
SAME_DAYS = 30
"""A review that comes late may move the beginning of a run: it stays the same alarm."""

Scope = Literal["product", "department", "shop"]


class Alarm(BaseModel):
    """A turn for the worse in what reviews say, with the reviews behind it."""

    id: str
    scope: Scope
    key: str
    """The product's id, the department's name, or empty."""
    aspect: str
    """Empty where it is about the reviews on the whole."""
    began: datetime
    raised_at: datetime
    """Days of the first and the last review of the run."""
    before: float
    since: float
    """Shares of complaints before the run and in it."""
    mentions: int
    complaints: int
    review_ids: list[str] = Field(default_factory=list)
    """The complaints of the run, oldest first; the newest fifty."""
    found_at: datetime | None = None
    seen_by: str | None = None
    seen_at: datetime | None = None


class Message(BaseModel):
    """A message of the outbox that is due."""

    id: str
    body: str
    attempts: int


_KEPT = {"before", "since", "mentions", "complaints", "review_ids"}


class AlarmStore:
    """Alarms by age, and the messages about them. Times are UTC."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def keep(self, alarms: Sequence[Alarm], notify: bool) -> list[Alarm]:
        """Store the alarms that are not known yet; those are given. In the same transaction, and
        where ``notify``, a message about each that is news goes into the outbox."""
        now = datetime.now(UTC)
        fresh = []
        with self._sessions.begin() as session:
            known = session.execute(
                select(AlarmRow.scope, AlarmRow.key, AlarmRow.aspect, AlarmRow.raised_at)
            ).all()
            raised: dict[tuple[str, str, str], list[datetime]] = {}
            for scope, key, aspect, moment in known:
                raised.setdefault((scope, key, aspect), []).append(moment)
            for alarm in alarms:
                before = raised.setdefault((alarm.scope, alarm.key, alarm.aspect), [])
                if any(abs(alarm.raised_at - b) < timedelta(days=SAME_DAYS) for b in before):
                    continue
                before.append(alarm.raised_at)
                fresh.append(alarm.model_copy(update={"found_at": now}))
            write(session, AlarmRow, [_row(alarm, now) for alarm in fresh], overwrite=False)
            news = [a for a in fresh if a.raised_at > now - timedelta(days=NEWS_DAYS)]
            if notify:
                write(
                    session, WebhookRow, [_message(alarm, now) for alarm in news], overwrite=False
                )
        return fresh

    def recent(
        self, *, open_only: bool = False, key: str | None = None, limit: int = 200
    ) -> list[Alarm]:
        """Alarms, the newest first; ``open_only``: those nobody has marked as seen."""
        query = select(AlarmRow).order_by(AlarmRow.raised_at.desc(), AlarmRow.id).limit(limit)
        if open_only:
            query = query.where(AlarmRow.seen_at.is_(None))
        if key is not None:
            query = query.where(AlarmRow.key == key)
        with self._sessions() as session:
            return [_alarm(row) for row in session.scalars(query)]

    def mark_seen(self, alarm_id: str, by: str) -> Alarm | None:
        """Say who has seen an alarm; the first one stays. ``None`` where there is no such alarm."""
        with self._sessions.begin() as session:
            row = session.get(AlarmRow, alarm_id)
            if row is None:
                return None
            if row.seen_at is None:
                row.seen_by, row.seen_at = by, datetime.now(UTC)
            return _alarm(row)

    # The outbox

    def claim(self, lease_s: float, limit: int = 20) -> list[Message]:
        """Messages that are due, for this process alone: others see them again after the lease."""
        now = datetime.now(UTC)
        until = now + timedelta(seconds=lease_s)
        due = select(WebhookRow.id, WebhookRow.due_at).where(WebhookRow.due_at <= now)
        claimed = []
        with self._sessions() as session:
            waiting = session.execute(due.order_by(WebhookRow.due_at).limit(limit)).all()
        for key, moment in waiting:
            take = (
                update(WebhookRow)
                .where(WebhookRow.id == key, WebhookRow.due_at == moment)
                .values(due_at=until, attempts=WebhookRow.attempts + 1)
                .returning(WebhookRow.body, WebhookRow.attempts)
            )
            with self._sessions.begin() as session:
                taken = session.execute(take).one_or_none()
            if taken is not None:
                claimed.append(Message(id=key, body=taken[0], attempts=taken[1]))
        return claimed

    def delivered(self, message_id: str) -> None:
        """A message was taken by the receiver."""
        values = {"due_at": None, "delivered_at": datetime.now(UTC), "error": None}
        self._change(message_id, values)

    def failed(self, message_id: str, error: str, again_in_s: float | None) -> None:
        """A message was not taken; ``None`` gives it up."""
        later = None if again_in_s is None else datetime.now(UTC) + timedelta(seconds=again_in_s)
        self._change(message_id, {"due_at": later, "error": error})

    def outbox(self) -> dict[str, int]:
        """Messages that wait, were delivered, and were given up."""
        with self._sessions() as session:
            rows = session.execute(select(WebhookRow.due_at, WebhookRow.delivered_at)).all()
        waiting = sum(due is not None for due, _ in rows)
        delivered = sum(done is not None for _, done in rows)
        return {
            "waiting": waiting,
            "delivered": delivered,
            "given_up": len(rows) - waiting - delivered,
        }

    def _change(self, message_id: str, values: dict[str, Any]) -> None:
        with self._sessions.begin() as session:
            session.execute(update(WebhookRow).where(WebhookRow.id == message_id).values(**values))


def _row(alarm: Alarm, now: datetime) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "scope": alarm.scope,
        "key": alarm.key,
        "aspect": alarm.aspect,
        "began": alarm.began,
        "raised_at": alarm.raised_at,
        "found_at": now,
        "document": alarm.model_dump(mode="json", include=_KEPT),
        "seen_by": None,
        "seen_at": None,
    }


def _alarm(row: AlarmRow) -> Alarm:
    columns = (
        "id",
        "scope",
        "key",
        "aspect",
        "began",
        "raised_at",
        "found_at",
        "seen_by",
        "seen_at",
    )
    return Alarm(**{name: getattr(row, name) for name in columns}, **row.document)


def _message(alarm: Alarm, now: datetime) -> dict[str, Any]:
    body = {"type": "review_alarm", **alarm.model_dump(mode="json", exclude={"seen_by", "seen_at"})}
    return {
        "id": alarm.id,
        "body": json.dumps(body, ensure_ascii=False, sort_keys=True),
        "attempts": 0,
        "due_at": now,
        "delivered_at": None,
        "error": None,
        "created_at": now,
    }
