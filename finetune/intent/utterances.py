"""The shop's own utterances: patterns by intent and context, filled anew for every epoch."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.understanding.intent_context import IntentContext
from assistant.understanding.intent_model import prepare
from assistant.understanding.understanding import IntentName
from finetune.errors import TrainingDataError
from finetune.text.examples import Example

DATA = Path(__file__).with_name("data")
LANGUAGES = ("en", "zh")

Moment = Literal["fresh", "wanted", "shown", "asked"]

_SLOT = re.compile(r"\{(\w+)\}")
_BORROWED = 0.06
"""How often a slot is filled in the other language, as people do ("有 hoodie 吗")."""

_CONTEXTS: dict[Moment, tuple[IntentContext, ...]] = {
    "fresh": (IntentContext(),),
    "wanted": (IntentContext(has_constraints=True),),
    "shown": (
        IntentContext(has_shown=True, has_constraints=True),
        IntentContext(has_shown=True, has_constraints=True),
        IntentContext(has_shown=True, has_constraints=True, pending="any"),
    ),
    "asked": (
        IntentContext(pending="any"),
        IntentContext(pending="any", has_constraints=True),
        IntentContext(pending="any", has_constraints=True),
        IntentContext(pending="any", has_constraints=True, has_shown=True),
    ),
}
"""What the moments of the data files look like to the classifier, the likelier ones repeated."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")

    say: str
    when: str = "fresh wanted shown asked"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    slots: dict[str, str]
    intents: dict[IntentName, list[_Group]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One hand-written utterance, perhaps with slots."""

    text: str
    intent: IntentName
    moments: tuple[Moment, ...]
    language: str


class Utterances:
    """Patterns with the fillers of their slots.

    Args:
        patterns: of one language or several.
        fillers: language → slot → values, which may hold slots themselves.
    """

    def __init__(
        self, patterns: Sequence[Pattern], fillers: dict[str, dict[str, list[str]]]
    ) -> None:
        self.patterns = list(patterns)
        self._fillers = fillers

    @classmethod
    def load(cls, folder: Path = DATA) -> "Utterances":
        """Reads ``en.yaml`` and ``zh.yaml``.

        Raises:
            TrainingDataError: a file is malformed, or a pattern names an unknown slot.
        """
        patterns: list[Pattern] = []
        fillers = {}
        for language in LANGUAGES:
            path = folder / f"{language}.yaml"
            try:
                file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            except (OSError, yaml.YAMLError, ValidationError) as error:
                raise TrainingDataError(f"{path}: {error}") from error
            fillers[language] = {name: v.splitlines() for name, v in file.slots.items()}
            patterns += _patterns(file, language)
        for text in [p.text for p in patterns] + [
            value for slots in fillers.values() for values in slots.values() for value in values
        ]:
            for slot in _SLOT.findall(text):
                if any(slot not in slots for slots in fillers.values()):
                    raise TrainingDataError(f"{text!r} names the unknown slot {slot!r}.")
        return cls(patterns, fillers)

    def split(self, share: float, seed: int) -> tuple["Utterances", "Utterances"]:
        """Cuts off ``share`` of the patterns of every intent and language, for validation.

        Whole patterns go, so that what is validated on was not trained on with other fillers.
        """
        random = Random(seed)  # noqa: S311  (no secret)
        groups: dict[tuple[str, str], list[Pattern]] = {}
        for pattern in self.patterns:
            groups.setdefault((pattern.language, pattern.intent), []).append(pattern)
        kept: list[Pattern] = []
        cut: list[Pattern] = []
        for key in sorted(groups):
            members = groups[key]
            random.shuffle(members)
            count = round(len(members) * share)
            cut += members[:count]
            kept += members[count:]
        # A validation pattern that is also said in another context would be half known.
        known = {p.text for p in cut}
        kept = [p for p in kept if p.text not in known]
        return Utterances(kept, self._fillers), Utterances(cut, self._fillers)

    def draw(self, random: Random, each: int = 1) -> list[Example]:
        """Every pattern once, and those with slots ``each`` times with other fillers."""
        return [
            self._example(pattern, random)
            for pattern in self.patterns
            for _ in range(each if _SLOT.search(pattern.text) else 1)
        ]

    def _example(self, pattern: Pattern, random: Random) -> Example:
        context = random.choice(_CONTEXTS[random.choice(pattern.moments)])
        text = prepare(self._fill(pattern.text, pattern.language, random))
        return Example(text, pattern.intent.value, context.before(""))

    def _fill(self, text: str, language: str, random: Random) -> str:
        def value(match: re.Match[str]) -> str:
            lends = random.choice(LANGUAGES) if random.random() < _BORROWED else language
            return self._fill(random.choice(self._fillers[lends][match[1]]), lends, random)

        return _SLOT.sub(value, text)


def _patterns(file: _File, language: str) -> Iterator[Pattern]:
    for intent, groups in file.intents.items():
        for group in groups:
            moments = tuple(group.when.split())
            unknown = set(moments) - set(_CONTEXTS)
            if unknown:
                raise TrainingDataError(f"{language}, {intent}: unknown moments {sorted(unknown)}.")
            for text in dict.fromkeys(group.say.splitlines()):
                yield Pattern(text, intent, moments, language)  # type: ignore[arg-type]
