"""Words that reviews of one side hold more often, graded: a small linear model written by hand."""

from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Phrases = Annotated[list[str], Field(min_length=1)]

_REACH = 12
"""Characters before a word in which its negator has to end."""
_CALM = 3
"""Characters that every text is taken to be longer: one word alone says less."""


class Grades(BaseModel):
    """The file ``data/sentiment_words.yaml``: lower-case phrases of both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grades: dict[Annotated[int, Field(ge=-3, le=3)], Phrases]
    negators: Phrases

    @model_validator(mode="after")
    def _told_once(self) -> "Grades":
        told = [phrase for phrases in self.grades.values() for phrase in phrases]
        if len(told) != len(set(told)):
            twice = sorted({phrase for phrase in told if told.count(phrase) > 1})
            raise ValueError(f"graded twice: {', '.join(twice)}")
        return self

    @property
    def by_phrase(self) -> dict[str, int]:
        """Phrase → grade."""
        return {phrase: grade for grade, phrases in self.grades.items() for phrase in phrases}


def grade(text: str) -> float:
    """What the graded words of ``text`` come to, 0 where none occurs; seldom beyond ±6.

    The sum over the words, a strong one counting more than its grade, over the root of the length,
    so that a long text is no surer than a short one. ``text`` is prepared as for any model.
    """
    words, negators, longest = _table()
    total, at, length = 0.0, 0, 0.0
    while at < len(text):
        if not text[at].isspace():
            # A Latin letter says a quarter of what a Chinese character does.
            length += 0.25 if text[at].isascii() else 1.0
        found = _word_at(text, at, words, longest)
        if not found:
            at += 1
            continue
        value = words[found]
        if abs(value) > 1 and text[max(0, at - _REACH) : at].rstrip().endswith(negators):
            value = -value
        total += value * abs(value) ** 0.5
        length += sum(0.25 if sign.isascii() else 1.0 for sign in found[1:] if not sign.isspace())
        at += len(found)
    return float(total / (length + _CALM) ** 0.5)


def _word_at(text: str, at: int, words: dict[str, int], longest: dict[str, int]) -> str:
    """The longest graded phrase that begins there; empty if none. Latin words match whole."""
    reach = longest.get(text[at], 0)
    if not reach or (_is_latin(text[at]) and at and _is_latin(text[at - 1])):
        return ""
    for end in range(min(at + reach, len(text)), at, -1):
        phrase = text[at:end]
        if phrase in words and not (
            _is_latin(phrase[-1]) and end < len(text) and _is_latin(text[end])
        ):
            return phrase
    return ""


def _is_latin(sign: str) -> bool:
    return "a" <= sign <= "z"


def graded_phrases() -> dict[str, int]:
    """Phrase → grade, from 3 to -3."""
    return _table()[0]


@cache
def _table() -> tuple[dict[str, int], tuple[str, ...], dict[str, int]]:
    """Phrase → grade; the negators; first character → the longest phrase's characters."""
    text = files("retrieval.reviews").joinpath("data/sentiment_words.yaml").read_text("utf-8")
    read = Grades.model_validate(yaml.safe_load(text))
    words = read.by_phrase
    longest: dict[str, int] = {}
    for phrase in words:
        longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
    return words, tuple(read.negators), longest
