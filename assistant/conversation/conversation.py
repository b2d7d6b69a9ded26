"""The records of a conversation, as they leave the store."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.dialogue.state import DialogueState
from assistant.turn import Status, TurnLanguage

Role = Literal["shopper", "assistant", "agent", "system"]
Locale = Literal["auto", "en", "zh"]


class Message(BaseModel):
    """One entry of a transcript; ``seq`` counts from 1 within its conversation, without gaps."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    role: Role
    text: str
    at: datetime
    turn_id: str | None = None
    agent: str | None = None
    """Who wrote it, in a message of an agent."""
    status: Status | None = None
    """The new status, in a ``system`` message that tells of a change of status."""


class Conversation(BaseModel):
    """A conversation without its messages."""

    model_config = ConfigDict(frozen=True)

    id: str
    customer_id: str | None
    channel: str
    locale: Locale
    language: TurnLanguage
    status: Status
    state: DialogueState
    version: int
    last_seq: int
    created_at: datetime
    updated_at: datetime


class Transcript(BaseModel):
    """A conversation with all that was said; ``turns`` are the documents of ``Turn`` by id."""

    model_config = ConfigDict(frozen=True)

    conversation: Conversation
    messages: list[Message]
    turns: dict[str, dict[str, Any]] = Field(default_factory=dict)
