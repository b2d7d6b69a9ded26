"""How well constraints are understood: exact match of the whole set, and F1 over slots.

Each line of a data file is one message: ``text``, ``before`` (constraints held already), ``shown``
(a list of ``shown.json`` that is on the screen) and ``constraints`` (what must hold afterwards).
``constraints.md`` beside the data is the annotation guide. The free ``query`` only ranks and is not
compared; categories are equal when the same products stand below them; and for the
attributes of ``leanings.yaml`` (occasion, season ...) a must and a soft wish are the same, because
the catalogue decides there which of the two it becomes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.settings import Settings
from assistant.understanding.intent import OnnxIntentClassifier
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from assistant.understanding.vocabulary import leanings
from retrieval.catalog.facets import CatalogFacets
from retrieval.constraints import Constraints
from retrieval.lexicon import Lexicon

DATA = Path(__file__).parent / "data"

Item = tuple[str, str]


class Case(BaseModel):
    """One annotated message."""

    model_config = ConfigDict(extra="forbid")

    text: str
    before: Constraints = Field(default_factory=Constraints)
    shown: str | None = None
    constraints: Constraints


@dataclass
class Score:
    """Counts over a data file."""

    n: int = 0
    exact: int = 0
    hits: int = 0
    said: int = 0
    wanted: int = 0
    milliseconds: list[float] = field(default_factory=list)
    misses: list[tuple[str, list[Item], list[Item]]] = field(default_factory=list)
    """Text, what was missing, what was too much."""

    def as_dict(self) -> dict[str, float]:
        """``exact_match`` and ``slot_f1`` in [0, 1], ``p50_ms`` per message, ``n``."""
        precision = self.hits / self.said if self.said else 1.0
        recall = self.hits / self.wanted if self.wanted else 1.0
        both = precision + recall
        ordered = sorted(self.milliseconds)
        return {
            "exact_match": round(self.exact / self.n, 4) if self.n else 0.0,
            "slot_f1": round(2 * precision * recall / both, 4) if both else 0.0,
            "p50_ms": round(ordered[len(ordered) // 2], 3) if ordered else 0.0,
            "n": self.n,
        }


def read_cases(path: Path) -> list[Case]:
    """The cases of a JSONL file.

    Raises:
        pydantic.ValidationError: a line is not a case.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Case.model_validate_json(line) for line in lines if line.strip()]


def open_understander(
    facets: Path = DATA / "facets.json", *, intents: bool = False
) -> Understander:
    """An understander over a fixed catalogue; with ``intents`` by the shipped classifier.

    Raises:
        AssistantError: the classifier is unusable.
    """
    text = facets.read_text(encoding="utf-8")
    classifier = OnnxIntentClassifier.open(Settings().home / "models") if intents else None
    return Understander(Lexicon.load(), CatalogFacets.model_validate_json(text), classifier)


def evaluate(cases: list[Case], understander: Understander) -> Score:
    """Understands every message in its state and compares the constraints it leads to."""
    score = Score()
    understander.read("", DialogueState())
    for case in cases:
        shown = read_shown(case.shown)
        ids = tuple(product.id for product in shown)
        state = DialogueState(constraints=case.before, shown=ids)
        begun = perf_counter()
        heard = understander.read(case.text, state, shown)
        score.milliseconds.append((perf_counter() - begun) * 1000)
        found = set(items(apply(state, heard, shown).constraints, understander))
        wanted = set(items(case.constraints, understander))
        score.n += 1
        score.exact += found == wanted
        score.hits += len(found & wanted)
        score.said += len(found)
        score.wanted += len(wanted)
        if found != wanted:
            score.misses.append((case.text, sorted(wanted - found), sorted(found - wanted)))
    return score


def items(constraints: Constraints, understander: Understander) -> Iterator[Item]:
    """Slot and value pairs that are compared."""
    values: dict[str, Any] = constraints.model_dump(
        exclude={"query", "currency"}, exclude_defaults=True
    )
    for slot, value in values.items():
        if slot == "category":
            nodes = understander.vocabulary.leaves(value)
            yield slot, str(sorted(nodes)) if nodes else value
        elif isinstance(value, dict):
            for name, wanted in value.items():
                leans = slot == "attributes" and name in leanings()
                held = "prefer_attributes" if leans else slot
                yield from ((f"{held}.{name}", v.casefold()) for v in wanted)
        elif isinstance(value, list):
            yield from ((slot, v) for v in value)
        else:
            yield slot, str(float(value)) if isinstance(value, int | float) else value


def read_shown(name: str | None) -> list[ShownProduct]:
    """A list of products of ``shown.json``."""
    if name is None:
        return []
    lists = json.loads((DATA / "shown.json").read_text(encoding="utf-8"))
    return [ShownProduct(**product) for product in lists[name]]
