"""The SQL tables of conversations: what was said, who answers, and what is in the cart."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from retrieval.store.base import Base


class ConversationRow(Base):
    """One conversation. ``status`` says who answers; see ``assistant.conversation.handoff``."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the bearer token, hexadecimal; the token itself is kept nowhere."""
    customer_id: Mapped[str | None] = mapped_column(String(200), index=True)
    channel: Mapped[str] = mapped_column(String(40), default="web")
    locale: Mapped[str] = mapped_column(String(8), default="auto")
    """What the shopper chose: ``auto``, ``en`` or ``zh``."""
    language: Mapped[str] = mapped_column(String(8), default="en")
    """What is spoken now."""
    status: Mapped[str] = mapped_column(String(20), default="bot")
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    """``DialogueState`` as JSON."""
    version: Mapped[int] = mapped_column(Integer, default=0)
    """Raised with every change of state or status."""
    last_seq: Mapped[int] = mapped_column(Integer, default=0)
    """Sequence number of the newest message."""
    turn_lease: Mapped[str | None] = mapped_column(String(40))
    """The turn being made; the next one waits until it is done or the lease runs out."""
    turn_lease_until: Mapped[datetime | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column(index=True)


class MessageRow(Base):
    """One entry of a transcript. ``seq`` counts from 1 within its conversation, without gaps."""

    __tablename__ = "messages"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(12))
    """``shopper``, ``assistant``, ``agent`` or ``system``."""
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(20))
    """The new status, in a ``system`` message that tells of a change of status."""
    agent: Mapped[str | None] = mapped_column(String(200))
    turn_id: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column()


class TurnRow(Base):
    """The whole ``Turn`` that answered a message."""

    __tablename__ = "turns"

    turn_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(index=True)


class HandoffRow(Base):
    """One hand-off to a person; at most one per conversation is open (``waiting``, ``claimed``)."""

    __tablename__ = "handoffs"
    __table_args__ = (
        Index(
            "ux_handoffs_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("status IN ('waiting', 'claimed')"),
            postgresql_where=text("status IN ('waiting', 'claimed')"),
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[str] = mapped_column(String(12), index=True)
    """``waiting``, ``claimed``, ``resolved`` or ``returned``."""
    reason: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    sentiment: Mapped[float] = mapped_column(Float, default=0.0)
    """The shopper's mood in [-1, 1] when the person was asked for."""
    agent: Mapped[str | None] = mapped_column(String(200))
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    outcome: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    claimed_at: Mapped[datetime | None] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()


class FeedbackRow(Base):
    """A shopper's verdict on one turn; a second one replaces the first."""

    __tablename__ = "feedback"

    turn_id: Mapped[str] = mapped_column(
        ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True
    )
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    value: Mapped[str] = mapped_column(String(8))
    """``up`` or ``down``."""
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column()


class CartItemRow(Base):
    """One line of a cart. Carts outlive conversations of a known customer, and no others."""

    __tablename__ = "cart_items"

    owner: Mapped[str] = mapped_column(String(220), primary_key=True)
    """``customer:<id>`` or, for a shopper without an account, ``conversation:<id>``."""
    sku: Mapped[str] = mapped_column(String(200), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int] = mapped_column(Integer)
    added_at: Mapped[datetime] = mapped_column()


class IdempotencyRow(Base):
    """An idempotency key, the body it came with, and the turn that answers it."""

    __tablename__ = "idempotency"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    turn_id: Mapped[str] = mapped_column(String(40))
    """Answered once ``turns`` has it; until then it is being made, or it failed."""
    created_at: Mapped[datetime] = mapped_column()
