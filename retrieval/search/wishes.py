"""Tells wishes that name no thing ("a gift for my girlfriend") from names of things."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from retrieval.index.tokenize import is_stop_word
from retrieval.language import fold, normalise
from retrieval.lexicon.lexicon import Lexicon
from retrieval.lexicon.phrases import Phrases
from retrieval.lexicon.tokens import Token, tokenise


@dataclass(frozen=True, slots=True)
class Wish:
    """How far a query is a wish that names no thing."""

    share: float
    """Of its words, those that tell for whom, for what or how; 0 where it has no words."""
    heads: bool
    """Whether its main word is one of them: "gift" in "gift for the librarian"."""


def read_wish(text: str, lexicon: Lexicon | None) -> Wish:
    """What of ``text`` tells for whom, for what or how, and names no thing.

    "Helicopter for mom" is headed by a thing, known or not; "surprise for the librarian" is
    a wish, whether "librarian" is known or not.
    """
    clean = normalise(text)
    tokens = tokenise(fold(clean))
    told = [False] * len(clean)
    for phrase in _phrases().find(tokens):
        _mark(told, tokens[phrase.first].start, tokens[phrase.last - 1].end)
    for match in lexicon.find(clean) if lexicon is not None else ():
        if match.name in _attributes():
            _mark(told, match.start, match.end)
    words = [token for token in tokens if _is_word(token)]
    if not words:
        return Wish(0.0, False)
    head = _head(tokens, words)
    return Wish(sum(told[word.start] for word in words) / len(words), told[head.start])


def _head(tokens: Sequence[Token], words: Sequence[Token]) -> Token:
    """English puts it before the first preposition, Chinese at the end."""
    if words[-1].is_han:
        return words[-1]
    for number, token in enumerate(tokens):
        if token.text in _head_ends() and any(_is_word(t) for t in tokens[:number]):
            return [t for t in tokens[:number] if _is_word(t)][-1]
    return words[-1]


def _is_word(token: Token) -> bool:
    return token.text.isalpha() and not is_stop_word(token.text)


def _mark(told: list[bool], start: int, end: int) -> None:
    told[start:end] = [True] * (end - start)


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("retrieval.search").joinpath("wishes.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return data


@lru_cache(maxsize=1)
def _attributes() -> frozenset[str]:
    return frozenset(_data()["attributes"])


@lru_cache(maxsize=1)
def _head_ends() -> frozenset[str]:
    return frozenset(_data()["head_ends"])


@lru_cache(maxsize=1)
def _phrases() -> Phrases[bool]:
    words = (word for groups in _data()["words"].values() for group in groups for word in group)
    return Phrases((str(word), True) for word in words)
