"""The working record of one message: its tokens, what was found, and which are used up."""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

import jieba

from assistant.understanding.cues import Cue, filler
from assistant.understanding.understanding import Change
from assistant.understanding.vocabulary import Meaning, Sense
from retrieval.language import Spoken
from retrieval.lexicon.tokens import Token

jieba.setLogLevel(logging.WARNING)

Polarity = Literal["want", "exclude", "soft", "drop"]


@dataclass(slots=True)
class Unit:
    """A phrase with a meaning, or a single word without one, in the order of the text."""

    first: int
    last: int
    meanings: tuple[Meaning, ...] = ()
    polarity: Polarity = "want"

    def role(self, *roles: str) -> bool:
        """Whether it is a cue with one of these roles."""
        return bool(self.meanings) and not _roles(self.meanings).isdisjoint(roles)

    def senses(self) -> tuple[Sense, ...]:
        """What it names in the catalogue."""
        return _senses(self.meanings) if self.meanings else ()

    def sense(self, name: str) -> Sense | None:
        return next((s for s in self.senses() if s.name == name), None)

    @property
    def is_value(self) -> bool:
        """Whether it names an attribute's value or a brand."""
        return any(s.name not in ("category", "slot", "unknown") for s in self.senses())

    @property
    def is_category(self) -> bool:
        return self.sense("category") is not None


@dataclass
class Message:
    """What is known of the message so far; the readers fill it in, one after another."""

    text: str
    folded: str
    tokens: list[Token]
    language: Spoken
    corrections: dict[str, str]
    used: list[bool]
    units: list[Unit] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    measured: list[tuple[int, int] | None] = field(default_factory=list)
    """For each token the measure that it is a part of."""
    kept: set[int] = field(default_factory=set)
    """Tokens that the text search should see although they are used up."""

    def words(self, first: int, last: int) -> str:
        """The text of tokens ``first`` to ``last``, exclusive."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]

    def use(self, first: int, last: int) -> None:
        for index in range(first, last):
            self.used[index] = True

    def give_up(self) -> None:
        """Leaves the message alone: it is about something that no shop has."""
        self.use(0, len(self.tokens))
        self.units.clear()

    def use_all(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self.use(unit.first, unit.last)

    def use_span(self, start: int, end: int) -> None:
        """Uses up the tokens that touch a span of characters."""
        for index in self.tokens_at(start, end):
            self.used[index] = True

    def unread(self) -> str:
        """The folded text with what is used up blanked, character for character."""
        letters = list(self.folded)
        for token, used in zip(self.tokens, self.used, strict=True):
            if used:
                letters[token.start : token.end] = "_" * (token.end - token.start)
        return "".join(letters)

    def tokens_at(self, start: int, end: int) -> list[int]:
        """The tokens that touch a span of characters."""
        first = bisect_right(self.tokens, start, key=lambda token: token.end)
        return [*range(first, bisect_left(self.tokens, end, key=lambda token: token.start))]

    def change(self, op: str, slot: str, value: object, first: int, last: int) -> None:
        """Notes a change of constraints and the words (tokens) that ask for it."""
        self.change_span(op, slot, value, self.tokens[first].start, self.tokens[last - 1].end)

    def change_span(self, op: str, slot: str, value: object, start: int, end: int) -> None:
        words = self.text[start:end]
        self.changes.append(
            Change.model_validate(
                {"op": op, "slot": slot, "value": value, "words": words, "start": start, "end": end}
            )
        )

    def find(self, *roles: str) -> Unit | None:
        """The first unit with one of these roles."""
        return next((unit for unit in self.units if unit.role(*roles)), None)

    def word_at(self, offset: int) -> tuple[str, int]:
        """The Chinese word that the character at ``offset`` belongs to, and where it begins."""
        return self._words[bisect_right(self._words, offset, key=lambda word: word[1]) - 1]

    @cached_property
    def _words(self) -> list[tuple[str, int]]:
        words, start = [], 0
        for word in jieba.lcut(self.folded):
            words.append((word, start))
            start += len(word)
        return words

    @cached_property
    def filler(self) -> list[bool]:
        """Which tokens carry no wish of their own."""
        marks = [not any(c.isalnum() for c in token.text) for token in self.tokens]
        for phrase in filler().find(self.tokens):
            for index in range(phrase.first, phrase.last):
                marks[index] = True
        return marks


@lru_cache(maxsize=20_000)
def _roles(meanings: tuple[Meaning, ...]) -> frozenset[str]:
    return frozenset(m.role for m in meanings if isinstance(m, Cue))


@lru_cache(maxsize=20_000)
def _senses(meanings: tuple[Meaning, ...]) -> tuple[Sense, ...]:
    return tuple(m for m in meanings if isinstance(m, Sense))
