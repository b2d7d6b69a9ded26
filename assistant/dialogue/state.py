"""The dialogue state: small, serialisable, and changed only by pure functions."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.understanding.understanding import IntentName
from retrieval.constraints import Constraints


class Provenance(BaseModel):
    """Which words of which turn set a slot's value."""

    model_config = ConfigDict(frozen=True)

    slot: str
    value: Any
    words: str
    turn: int


class Wish(BaseModel):
    """What is wanted of one kind of product, and the words behind it."""

    model_config = ConfigDict(frozen=True)

    constraints: Constraints
    provenance: tuple[Provenance, ...] = ()


class Asked(BaseModel):
    """What was last asked of a product, to be asked of another: "and the second?"."""

    model_config = ConfigDict(frozen=True)

    intent: IntentName
    aspects: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    values: dict[str, list[str]] = Field(default_factory=dict)
    side: int = 0


class DialogueState(BaseModel):
    """What is believed and remembered between turns: ids and constraints, no documents."""

    model_config = ConfigDict(frozen=True)

    turn: int = 0
    language: Literal["en", "zh"] = "en"
    constraints: Constraints = Field(default_factory=Constraints)
    provenance: tuple[Provenance, ...] = ()
    set_aside: tuple[Wish, ...] = ()
    """Wishes of earlier topics, newest first, for "back to the shoes"; at most five."""
    waiting: tuple[Wish, ...] = ()
    """Wishes said together with another and not looked at yet, in the order said; at most five."""
    shown: tuple[str, ...] = ()
    """Product ids of the last list shown, in order; what ordinals refer to."""
    seen: tuple[str, ...] = ()
    """All product ids shown for the present constraints; "show more" leaves them out."""
    met: tuple[str, ...] = ()
    """Product ids shown in this conversation, newest first, for what is called by name after a
    wish has filtered it out; at most twenty."""
    focus: tuple[str, ...] = ()
    """Product ids talked about, newest first; what "it" refers to. At most five."""
    asked: Asked | None = None
    """The question of the turn before, if it was one about products."""
    sponsored: dict[str, str] = Field(default_factory=dict)
    """Products that were placed in a list for money, and who paid; at most twenty."""
    pending: dict[str, Any] | None = None
    """A question the assistant asked and what an answer to it would mean."""
    clarified: tuple[str, ...] = ()
    """Facets already asked about for the present topic, so as never to ask twice."""
    misses: int = 0
    """Turns in a row that were not understood."""
