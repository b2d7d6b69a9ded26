"""The working record of one turn: what the steps of the graph hand on to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from assistant.dialogue.outcome import Owner
from assistant.dialogue.state import DialogueState
from assistant.reply.phrases import Phrases, phrases
from assistant.turn import Action
from assistant.understanding.understanding import Understanding
from retrieval.candidate import Candidate, Quote


class Work(TypedDict, total=False):
    """State of the dialogue graph. Lives for one turn; what lasts is in ``state``."""

    text: str
    owner: Owner
    state: DialogueState
    understanding: Understanding
    route: str
    settled: dict[str, Any]
    """The question that was open when the message came; empty when none was. By now it is either
    answered or dropped: ``state.pending`` is only what this turn asks."""
    told: list[str]
    """What is said before the reply: the answer to something said beside the wish."""
    draft: "Draft"
    timings_ms: dict[str, float]


@dataclass(slots=True)
class Draft:
    """A reply in the making."""

    action: Action
    sentences: list[str] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    quick: list[str] = field(default_factory=list)
    """Keys of quick replies, or ready words."""
    personal: str = "not_ranked"
    """Why the list is or is not personalised: key of a ``personal_...`` phrase."""
    handoff_reason: str | None = None
    lines: bool = False
    """Whether the sentences stand on lines of their own."""
    quotes: Mapping[str, Sequence[Quote]] = field(default_factory=dict)
    """What the sentences quote of the reviews of each product."""

    def text(self, book: Phrases) -> str:
        parts = [s for s in self.sentences if s]
        return "\n".join(parts) if self.lines else book.sentences(parts)


def book_of(work: Work) -> Phrases:
    """The phrase book of the turn's language."""
    return phrases(work["state"].language)
