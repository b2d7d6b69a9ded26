"""Tokens: Latin words and numbers whole, Chinese character by character."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import yaml

_LATIN = r"[^\W\d_\u3400-\u9fff]+"
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|{_LATIN}(?:'{_LATIN})?|\S")


class Token(NamedTuple):
    """A piece of a folded text with its offsets; ``key``, its singular, is what is looked up."""

    text: str
    key: str
    start: int
    end: int

    @property
    def is_han(self) -> bool:
        return "\u3400" <= self.text <= "\u9fff"


def tokenise(folded: str) -> list[Token]:
    """Tokens of a text from ``retrieval.language.fold``; punctuation marks are tokens too."""
    return [
        Token(word := match.group(), singular(word), match.start(), match.end())
        for match in _TOKEN.finditer(folded)
    ]


@lru_cache(maxsize=50_000)
def singular(word: str) -> str:
    """The singular of an English word; anything else comes back as it is."""
    word = word.removesuffix("'s").replace("'", "")
    if word in _irregular():
        return _irregular()[word]
    if len(word) < 4 or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    text = files("retrieval.lexicon").joinpath("data/irregular.yaml").read_text("utf-8")
    words: dict[str, str] = yaml.safe_load(text)
    return words
