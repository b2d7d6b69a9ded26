"""How well a conversation is held in mind: scripts of several turns, right in every one of them.

Each line of a data file is one conversation: ``name`` and ``turns`` of ``text``, ``shown`` (a list
of ``shown.json`` that is on the screen when the message comes) and ``constraints``, the whole set
that must hold after the turn. ``constraints.md`` beside the data says how they are annotated; sets
are compared as in ``evals.constraints``.
"""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.dialogue.decide import SEARCHING, decide
from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply, remember_shown, reset
from assistant.understanding.rules import adjust_intent
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from evals.constraints import Item, items, read_shown
from retrieval.constraints import Constraints


class Turn(BaseModel):
    """One message and what must hold after it."""

    model_config = ConfigDict(extra="forbid")

    text: str
    shown: str | None = None
    constraints: Constraints


class Script(BaseModel):
    """One conversation, which begins with nothing held."""

    model_config = ConfigDict(extra="forbid")

    name: str
    turns: list[Turn] = Field(min_length=1)


@dataclass
class Score:
    """Counts over scripts."""

    scripts: int = 0
    exact: int = 0
    turns: int = 0
    exact_turns: int = 0
    misses: list[tuple[str, str, list[Item], list[Item]]] = field(default_factory=list)
    """Script, text, what was missing, what was too much."""

    def as_dict(self) -> dict[str, float]:
        """``script_exact`` (right in every turn) and ``turn_exact`` in [0, 1], ``n`` scripts."""
        return {
            "script_exact": round(self.exact / self.scripts, 4) if self.scripts else 0.0,
            "turn_exact": round(self.exact_turns / self.turns, 4) if self.turns else 0.0,
            "n": self.scripts,
            "turns": self.turns,
        }


def read_scripts(path: Path) -> list[Script]:
    """The scripts of a JSONL file.

    Raises:
        pydantic.ValidationError: a line is not a script.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Script.model_validate_json(line) for line in lines if line.strip()]


def evaluate(scripts: list[Script], understander: Understander, *, intents: bool) -> Score:
    """Plays every script and compares what is held after each turn.

    With ``intents`` a turn goes as it does in the dialogue: only where the way decided on searches
    do the constraints change. Without, whatever is read changes them.
    """
    score = Score()
    for script in scripts:
        state, right = DialogueState(), True
        for turn in script.turns:
            shown = read_shown(turn.shown)
            state = remember_shown(state, [product.id for product in shown])
            state = step(state, turn.text, shown, understander, intents=intents)
            found = set(items(state.constraints, understander))
            wanted = set(items(turn.constraints, understander))
            score.turns += 1
            score.exact_turns += found == wanted
            if found != wanted:
                right = False
                miss = (sorted(wanted - found), sorted(found - wanted))
                score.misses.append((script.name, turn.text, *miss))
        score.scripts += 1
        score.exact += right
    return score


def step(
    state: DialogueState,
    text: str,
    shown: list[ShownProduct],
    understander: Understander,
    *,
    intents: bool,
) -> DialogueState:
    """The state after one message."""
    if not intents:
        return apply(state, understander.read(text, state, shown), shown)
    heard = adjust_intent(understander.understand(text, state, shown), state)
    route = decide(heard, state)
    state = state.model_copy(update={"turn": state.turn + 1, "language": heard.language})
    if route == "reset":
        return reset(state)
    return apply(state, heard, shown) if route in SEARCHING else state
