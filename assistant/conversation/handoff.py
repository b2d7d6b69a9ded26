"""Hand-offs to a person: the queue, and what an agent may do with a conversation."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assistant.conversation.mood import mood
from assistant.conversation.status import Act
from assistant.conversation.store import (
    append,
    as_conversation,
    change_status,
    locked,
    messages_of,
    new_id,
    now,
)
from assistant.conversation.summary import summarise
from assistant.conversation.tables import ConversationRow, HandoffRow, TurnRow
from assistant.errors import ConversationClosedError, HandoffConflictError, HandoffNotFoundError
from assistant.turn import Status
from retrieval.store.base import Sessions

HandoffStatus = Literal["waiting", "claimed", "resolved", "returned"]
OPEN: tuple[HandoffStatus, ...] = ("waiting", "claimed")


class Note(BaseModel):
    """A remark among agents; the shopper never sees it."""

    agent: str
    text: str
    at: datetime


class Handoff(BaseModel):
    """One hand-off, as the queue shows it."""

    id: str
    conversation_id: str
    customer_id: str | None
    channel: str
    language: str
    status: HandoffStatus
    conversation_status: Status
    reason: str
    summary: dict[str, Any]
    sentiment: float = Field(description="Mood in [-1, 1] when the person was asked for.")
    waiting_s: float = Field(description="Seconds waited until the claim, or until now.")
    agent: str | None
    notes: list[Note]
    outcome: str | None
    created_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None


def open_handoff(session: Session, row: ConversationRow, reason: str) -> bool:
    """Put a ``locked`` conversation into the queue; ``False`` where the bot does not hold it."""
    if not change_status(session, row, "ask"):
        return False
    session.flush()
    conversation = as_conversation(row)
    messages = messages_of(session, row.id, 0)
    turns = session.scalars(
        select(TurnRow)
        .where(TurnRow.conversation_id == row.id)
        .order_by(TurnRow.at.desc())
        .limit(5)
    )
    shown = next((turn.document for turn in turns if turn.document["products"]), None)
    session.add(
        HandoffRow(
            id=new_id("h"),
            conversation_id=row.id,
            status="waiting",
            reason=reason,
            summary=summarise(reason, conversation.state, messages, shown),
            sentiment=mood([m.text for m in messages if m.role == "shopper"][-5:]),
            notes=[],
            created_at=now(),
        )
    )
    return True


class HandoffDesk:
    """The queue of people waiting. Who may do what is decided under the conversation's row lock."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def request(self, conversation_id: str, reason: str = "") -> Handoff:
        """Ask for a person. Asking again gives the hand-off that is open already.

        Raises ``ConversationNotFoundError`` and ``ConversationClosedError``.
        """
        with self._sessions.begin() as session:
            row = locked(session, conversation_id)
            if row.status == "closed":
                raise ConversationClosedError("The conversation is closed.")
            open_handoff(session, row, reason)
            session.flush()
            return _record(_open_row(session, conversation_id), row)

    def queue(self, status: HandoffStatus | None = None, limit: int = 200) -> list[Handoff]:
        """Hand-offs in ``status``, or all; those who have waited longest first."""
        statement = (
            select(HandoffRow, ConversationRow)
            .join(ConversationRow, ConversationRow.id == HandoffRow.conversation_id)
            .order_by(HandoffRow.created_at, HandoffRow.id)
            .limit(limit)
        )
        if status is not None:
            statement = statement.where(HandoffRow.status == status)
        with self._sessions() as session:
            return [_record(handoff, row) for handoff, row in session.execute(statement)]

    def get(self, handoff_id: str) -> Handoff:
        """Raises ``HandoffNotFoundError``."""
        with self._sessions() as session:
            handoff = _existing(session, handoff_id)
            return _record(handoff, session.get_one(ConversationRow, handoff.conversation_id))

    def claim(self, handoff_id: str, agent: str) -> Handoff:
        """Take a waiting conversation. Raises ``HandoffConflictError`` naming who has it."""
        with self._sessions.begin() as session:
            handoff, row = self._hold(session, handoff_id)
            taken = session.scalars(
                update(HandoffRow)
                .where(HandoffRow.id == handoff_id, HandoffRow.status == "waiting")
                .values(status="claimed", agent=agent, claimed_at=now())
                .returning(HandoffRow.id)
            ).one_or_none()
            session.refresh(handoff)
            if taken is None:
                holder = f" by {handoff.agent}" if handoff.agent else ""
                raise HandoffConflictError(f"The hand-off is {handoff.status}{holder}.")
            _move(session, row, "claim")
            return _record(handoff, row)

    def message(self, handoff_id: str, agent: str, text: str) -> Handoff:
        """Say ``text`` to the shopper. Only for the agent who claimed it."""
        with self._sessions.begin() as session:
            handoff, row = self._hold(session, handoff_id)
            _check_holder(handoff, agent)
            append(session, row, "agent", text, agent=agent)
            return _record(handoff, row)

    def note(self, handoff_id: str, agent: str, text: str) -> Handoff:
        """Leave a remark for agents, on any hand-off and by any agent."""
        with self._sessions.begin() as session:
            handoff, row = self._hold(session, handoff_id)
            note = Note(agent=agent, text=text, at=now()).model_dump(mode="json")
            handoff.notes = [*handoff.notes, note]
            return _record(handoff, row)

    def give_back(self, handoff_id: str, agent: str) -> Handoff:
        """Hand the conversation back to the assistant. Only for the agent who claimed it."""
        return self._end(handoff_id, agent, "returned", "return", None)

    def resolve(self, handoff_id: str, agent: str, outcome: str | None = None) -> Handoff:
        """End the conversation as settled. Only for the agent who claimed it."""
        return self._end(handoff_id, agent, "resolved", "resolve", outcome)

    def close(self, conversation_id: str, outcome: str | None = None) -> bool:
        """Close a conversation, its open hand-off included; ``False`` if it was closed already."""
        with self._sessions.begin() as session:
            row = locked(session, conversation_id)
            for handoff in session.scalars(
                select(HandoffRow).where(
                    HandoffRow.conversation_id == conversation_id, HandoffRow.status.in_(OPEN)
                )
            ):
                handoff.status, handoff.outcome, handoff.ended_at = "resolved", outcome, now()
            return change_status(session, row, "close")

    def _end(
        self, handoff_id: str, agent: str, status: HandoffStatus, act: Act, outcome: str | None
    ) -> Handoff:
        with self._sessions.begin() as session:
            handoff, row = self._hold(session, handoff_id)
            _check_holder(handoff, agent)
            handoff.status, handoff.outcome, handoff.ended_at = status, outcome, now()
            _move(session, row, act)
            return _record(handoff, row)

    def _hold(self, session: Session, handoff_id: str) -> tuple[HandoffRow, ConversationRow]:
        # Looked up in a session of its own: the transaction's first statement must be the lock.
        with self._sessions() as lookup:
            conversation_id = _existing(lookup, handoff_id).conversation_id
        row = locked(session, conversation_id)
        return session.get_one(HandoffRow, handoff_id), row


def _existing(session: Session, handoff_id: str) -> HandoffRow:
    handoff = session.get(HandoffRow, handoff_id)
    if handoff is None:
        raise HandoffNotFoundError("There is no such hand-off.")
    return handoff


def _open_row(session: Session, conversation_id: str) -> HandoffRow:
    return session.scalars(
        select(HandoffRow).where(
            HandoffRow.conversation_id == conversation_id, HandoffRow.status.in_(OPEN)
        )
    ).one()


def _check_holder(handoff: HandoffRow, agent: str) -> None:
    if handoff.status != "claimed":
        raise HandoffConflictError(f"The hand-off is {handoff.status}, not claimed.")
    if handoff.agent != agent:
        raise HandoffConflictError(f"The hand-off is claimed by {handoff.agent}.")


def _move(session: Session, row: ConversationRow, act: Act) -> None:
    if not change_status(session, row, act):
        raise HandoffConflictError(f"The conversation is {row.status}.")


def _record(handoff: HandoffRow, row: ConversationRow) -> Handoff:
    until = handoff.claimed_at or handoff.ended_at or now()
    conversation = as_conversation(row)
    return Handoff(
        id=handoff.id,
        conversation_id=row.id,
        customer_id=row.customer_id,
        channel=row.channel,
        language=row.language,
        status=handoff.status,
        conversation_status=conversation.status,
        reason=handoff.reason,
        summary=handoff.summary,
        sentiment=handoff.sentiment,
        waiting_s=round(max(0.0, (until - handoff.created_at).total_seconds()), 3),
        agent=handoff.agent,
        notes=[Note.model_validate(note) for note in handoff.notes],
        outcome=handoff.outcome,
        created_at=handoff.created_at,
        claimed_at=handoff.claimed_at,
        ended_at=handoff.ended_at,
    )
