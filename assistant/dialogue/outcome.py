"""What the dialogue engine gives back for one message."""

from dataclasses import dataclass, field
from typing import Protocol

from assistant.dialogue.state import DialogueState
from assistant.turn import Action, Personalised, ProductView
from assistant.understanding.understanding import Intent
from retrieval.candidate import Candidate


@dataclass(slots=True)
class Owner:
    """Whose turn it is: the keys under which cart, orders and behaviour are kept."""

    conversation_id: str
    customer_id: str | None = None


@dataclass(slots=True)
class Outcome:
    """A turn before it is stored: the conversation service adds ids, status and time."""

    state: DialogueState
    intent: Intent
    action: Action
    reply: str
    personalised: Personalised
    candidates: list[Candidate] = field(default_factory=list)
    """What the cards are rendered from, in the order shown."""
    products: list[ProductView] = field(default_factory=list)
    quick_replies: list[str] = field(default_factory=list)
    handoff_reason: str | None = None
    """Set when the conversation should go to a person; the service opens the hand-off."""
    timings_ms: dict[str, float] = field(default_factory=dict)


class DialogueEngine(Protocol):
    """Answers messages. Keeps nothing between calls; what it must remember is in the state."""

    def greet(self, language: str, customer_id: str | None) -> str:
        """The first words of a conversation, in ``language``."""
        ...

    def respond(self, text: str, state: DialogueState, owner: Owner) -> Outcome:
        """Answers ``text``; never raises for anything a shopper can type."""
        ...
