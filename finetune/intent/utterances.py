"""The shop's own utterances: patterns by intent and context, filled anew for every epoch."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.understanding.emoji import read_emoji
from assistant.understanding.intent_context import IntentContext
from assistant.understanding.intent_model import prepare
from assistant.understanding.understanding import IntentName
from finetune.encoder.glossary import read_glossary
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
    times: int = Field(default=1, ge=1)
    """How often each line counts, where a few patterns stand for very many messages."""


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


class _Development(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    intent: IntentName
    context: IntentContext = IntentContext()


def read_development(folder: Path = DATA) -> list[Example]:
    """What training is validated on: utterances of ``dev_en.jsonl`` and ``dev_zh.jsonl``.

    They were written before most of the patterns and apart from them, as messy as people type.

    Raises:
        TrainingDataError: a file is missing, or a line is no utterance.
    """
    examples = []
    for language in LANGUAGES:
        path = folder / f"dev_{language}.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise TrainingDataError(f"{path}: {error}") from error
        for number, line in enumerate(lines, 1):
            try:
                said = _Development.model_validate_json(line)
            except ValidationError as error:
                raise TrainingDataError(f"{path}: line {number}: {error}") from error
            text = read_emoji(prepare(said.text))
            examples.append(Example(text, said.intent.value, said.context.before("")))
    return examples


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
        """Reads ``en.yaml`` and ``zh.yaml``; products are those of the shopping glossary too.

        Raises:
            TrainingDataError: a file is malformed, or a pattern names an unknown slot.
        """
        patterns: list[Pattern] = []
        fillers = {}
        names = _product_names()
        for language in LANGUAGES:
            path = folder / f"{language}.yaml"
            try:
                file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            except (OSError, yaml.YAMLError, ValidationError) as error:
                raise TrainingDataError(f"{path}: {error}") from error
            fillers[language] = {name: v.splitlines() for name, v in file.slots.items()}
            fillers[language].setdefault("product", []).extend(names[language])
            patterns += _patterns(file, language)
        for text in [p.text for p in patterns] + [
            value for slots in fillers.values() for values in slots.values() for value in values
        ]:
            for slot in _SLOT.findall(text):
                if any(slot not in slots for slots in fillers.values()):
                    raise TrainingDataError(f"{text!r} names the unknown slot {slot!r}.")
        return cls(patterns, fillers)

    def values(self, slot: str) -> set[str]:
        """What may fill a slot, in any language, in small letters."""
        return {value.casefold() for slots in self._fillers.values() for value in slots[slot]}

    def draw(self, random: Random, most: int) -> list[Example]:
        """Patterns with their slots filled: of each intent and language at most ``most``.

        So no intent outweighs the others because more was written for it.
        """
        groups: dict[tuple[str, str], list[Pattern]] = {}
        for pattern in self.patterns:
            groups.setdefault((pattern.language, pattern.intent), []).append(pattern)
        return [
            self._example(pattern, random)
            for members in groups.values()
            for pattern in random.sample(members, min(most, len(members)))
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
                pattern = Pattern(text, intent, moments, language)  # type: ignore[arg-type]
                yield from repeat(pattern, group.times)


def _product_names() -> dict[str, list[str]]:
    """What things are called, in every department: any shop's goods are asked for by name alone."""
    terms = [term for products in read_glossary().products.values() for term in products]
    return {
        "en": sorted({term.english for term in terms}),
        "zh": sorted({name for term in terms for name in term.chinese}),
    }
