"""Conversations in SQL, and the few steps from which every change of one is made."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assistant.cart import cart_key
from assistant.conversation.conversation import Conversation, Message, Role, Transcript
from assistant.conversation.status import Act, next_status
from assistant.conversation.tables import (
    CartItemRow,
    ConversationRow,
    FeedbackRow,
    HandoffRow,
    MessageRow,
    TurnRow,
)
from assistant.conversation.wording import status_text
from assistant.dialogue.outcome import Owner
from assistant.dialogue.state import DialogueState
from assistant.errors import ConversationNotFoundError, TurnNotFoundError
from assistant.turn import Status
from retrieval.store.base import Sessions


def new_id(prefix: str) -> str:
    """An unguessable identifier such as ``c_3f...``; 32 hexadecimal digits after the prefix."""
    return f"{prefix}_{secrets.token_hex(16)}"


def now() -> datetime:
    return datetime.now(UTC)


def locked(session: Session, conversation_id: str) -> ConversationRow:
    """The conversation's row, held against every other writer until ``session`` commits.

    An update and not a ``SELECT ... FOR UPDATE``, because SQLite only locks on writing.
    """
    statement = (
        update(ConversationRow)
        .where(ConversationRow.id == conversation_id)
        .values(updated_at=now())
        .returning(ConversationRow)
        .execution_options(populate_existing=True)
    )
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise ConversationNotFoundError("There is no such conversation.")
    return row


def append(
    session: Session,
    row: ConversationRow,
    role: Role,
    text: str,
    *,
    turn_id: str | None = None,
    agent: str | None = None,
    status: Status | None = None,
) -> None:
    """Add an entry to the transcript of a ``locked`` conversation."""
    row.last_seq += 1
    session.add(
        MessageRow(
            conversation_id=row.id,
            seq=row.last_seq,
            role=role,
            text=text,
            turn_id=turn_id,
            agent=agent,
            status=status,
            at=now(),
        )
    )


def change_status(session: Session, row: ConversationRow, act: Act) -> bool:
    """Move a ``locked`` conversation by ``act`` and say so in it; ``False`` if that cannot be."""
    status = next_status(as_conversation(row).status, act)
    if status is None:
        return False
    row.status = status
    row.version += 1
    append(session, row, "system", status_text(status, row.language), status=status)
    return True


def as_conversation(row: ConversationRow) -> Conversation:
    return Conversation(
        id=row.id,
        customer_id=row.customer_id,
        channel=row.channel,
        locale=row.locale,
        language=row.language,
        status=row.status,
        state=DialogueState.model_validate(row.state),
        version=row.version,
        last_seq=row.last_seq,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class ConversationStore:
    """Conversations, their messages and turns. Times are UTC."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def create(
        self, customer_id: str | None, channel: str, locale: str, language: str, greeting: str
    ) -> tuple[str, str]:
        """Open a conversation that begins with ``greeting``: its id and its bearer token."""
        token = secrets.token_urlsafe(32)
        state = DialogueState.model_validate({"language": language})
        row = ConversationRow(
            id=new_id("c"),
            token_hash=_digest(token),
            customer_id=customer_id,
            channel=channel,
            locale=locale,
            language=language,
            status="bot",
            state=state.model_dump(mode="json"),
            version=0,
            last_seq=0,
            created_at=now(),
            updated_at=now(),
        )
        with self.sessions.begin() as session:
            session.add(row)
            session.flush()
            append(session, row, "assistant", greeting)
        return row.id, token

    def get(self, conversation_id: str) -> Conversation:
        """Raises ``ConversationNotFoundError``."""
        with self.sessions() as session:
            return as_conversation(_existing(session, conversation_id))

    def opens(self, conversation_id: str, token: str) -> bool:
        """Whether ``token`` is this conversation's; ``False`` too where there is none."""
        with self.sessions() as session:
            row = session.get(ConversationRow, conversation_id)
        # An unknown conversation takes the same comparison, so that time tells nothing.
        expected = row.token_hash if row is not None else "0" * 64
        return hmac.compare_digest(_digest(token), expected) and row is not None

    def transcript(self, conversation_id: str) -> Transcript:
        """Raises ``ConversationNotFoundError``."""
        with self.sessions() as session:
            conversation = as_conversation(_existing(session, conversation_id))
            turns = session.scalars(
                select(TurnRow).where(TurnRow.conversation_id == conversation_id)
            )
            return Transcript(
                conversation=conversation,
                messages=messages_of(session, conversation_id, 0),
                turns={turn.turn_id: turn.document for turn in turns},
            )

    def messages_after(self, conversation_id: str, seq: int) -> list[Message]:
        """The messages with a higher sequence number, oldest first."""
        with self.sessions() as session:
            return messages_of(session, conversation_id, seq)

    def shopper_texts(self) -> list[str]:
        """What shoppers wrote in all conversations, oldest first."""
        with self.sessions() as session:
            return list(
                session.scalars(
                    select(MessageRow.text)
                    .where(MessageRow.role == "shopper")
                    .order_by(MessageRow.at, MessageRow.conversation_id, MessageRow.seq)
                )
            )

    def newest(self, conversation_ids: Collection[str]) -> dict[str, int]:
        """The newest sequence number of each conversation that still exists."""
        with self.sessions() as session:
            rows = session.execute(
                select(ConversationRow.id, ConversationRow.last_seq).where(
                    ConversationRow.id.in_(conversation_ids)
                )
            )
            return {row.id: row.last_seq for row in rows}

    def keep_feedback(self, conversation_id: str, turn_id: str, value: str, comment: str) -> None:
        """Keep a verdict on a turn; the last one counts. Raises ``TurnNotFoundError``."""
        with self.sessions.begin() as session:
            locked(session, conversation_id)
            turn = session.get(TurnRow, turn_id)
            if turn is None or turn.conversation_id != conversation_id:
                raise TurnNotFoundError("There is no such turn in this conversation.")
            session.merge(
                FeedbackRow(
                    turn_id=turn_id,
                    conversation_id=conversation_id,
                    value=value,
                    comment=comment,
                    at=now(),
                )
            )

    def export(self, customer_id: str) -> dict[str, Any]:
        """Conversations with messages and turns, feedback, hand-offs and cart of a customer."""
        owner = cart_key(Owner(conversation_id="", customer_id=customer_id))
        with self.sessions() as session:
            ids = list(
                session.scalars(
                    select(ConversationRow.id)
                    .where(ConversationRow.customer_id == customer_id)
                    .order_by(ConversationRow.created_at)
                )
            )
            feedback = session.scalars(
                select(FeedbackRow).where(FeedbackRow.conversation_id.in_(ids))
            ).all()
            handoffs = session.scalars(
                select(HandoffRow).where(HandoffRow.conversation_id.in_(ids))
            ).all()
            cart = session.scalars(select(CartItemRow).where(CartItemRow.owner == owner)).all()
        return {
            "conversations": [self.transcript(i).model_dump(mode="json") for i in ids],
            "feedback": [_columns(row) for row in feedback],
            "handoffs": [_columns(row) for row in handoffs],
            "cart": [_columns(row) for row in cart],
        }

    def erase(self, customer_id: str) -> int:
        """Delete all that is held here about a customer; the number of conversations deleted."""
        owner = cart_key(Owner(conversation_id="", customer_id=customer_id))
        with self.sessions.begin() as session:
            session.execute(delete(CartItemRow).where(CartItemRow.owner == owner))
            gone = session.scalars(
                delete(ConversationRow)
                .where(ConversationRow.customer_id == customer_id)
                .returning(ConversationRow.id)
            ).all()
        return len(gone)


def _existing(session: Session, conversation_id: str) -> ConversationRow:
    row = session.get(ConversationRow, conversation_id)
    if row is None:
        raise ConversationNotFoundError("There is no such conversation.")
    return row


def messages_of(session: Session, conversation_id: str, after: int) -> list[Message]:
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.seq > after)
        .order_by(MessageRow.seq)
    )
    return [Message.model_validate(row) for row in rows]


def _columns(row: FeedbackRow | HandoffRow | CartItemRow) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
