"""Tells wishes that name no thing ("a gift for my girlfriend") from names of things."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from retrieval.index.tokenize import is_stop_word
from retrieval.language import fold, normalise
from retrieval.lexicon.lexicon import Lexicon
from retrieval.lexicon.phrases import Phrases
from retrieval.lexicon.tokens import tokenise


def is_wish(text: str, lexicon: Lexicon | None) -> bool:
    """Whether every word of ``text`` tells for whom, for what or how, and none what.

    "Helicopter for mom" is none: what it names is known to be a thing, if not which.
    """
    clean = normalise(text)
    tokens = tokenise(fold(clean))
    told = [False] * len(clean)
    for phrase in _phrases().find(tokens):
        _mark(told, tokens[phrase.first].start, tokens[phrase.last - 1].end)
    for match in lexicon.find(clean) if lexicon is not None else ():
        if match.name in _attributes():
            _mark(told, match.start, match.end)
    words = [token for token in tokens if token.text.isalpha() and not is_stop_word(token.text)]
    return bool(words) and all(told[token.start] for token in words)


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
def _phrases() -> Phrases[bool]:
    words = (word for groups in _data()["words"].values() for group in groups for word in group)
    return Phrases((str(word), True) for word in words)
