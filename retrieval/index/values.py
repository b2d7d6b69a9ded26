"""Attribute values as they are compared: "Jet Black", "黑色" and "black" are one value, and a value
also answers a request for its family, navy one for blue.

The lexicon says what is one and what is whose family. A value that it knows only in parts ("80 %
cotton, 20 % linen", "Italian leather") answers for each of these, unless a word takes it back
("leather look").
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import yaml

from retrieval.language import fold, normalise
from retrieval.lexicon.lexicon import Lexicon
from retrieval.lexicon.tokens import tokenise

SEPARATOR = "\x1f"
_MANY = 100_000  # more values than most catalogues have


@lru_cache(maxsize=_MANY)
def folded(value: str) -> str:
    """The form in which brands and category names, and all that is unknown, are compared."""
    return fold(normalise(value))


@lru_cache(maxsize=_MANY)
def asked_key(name: str, value: str) -> str:
    """The key that a request for ``value`` of an attribute looks for."""
    known = Lexicon.load().canonical(name, value)
    return _key(name, value if known is None else known)


@lru_cache(maxsize=_MANY)
def held_keys(name: str, value: str) -> frozenset[str]:
    """The keys of the requests that a thing with this value answers."""
    found = Lexicon.load().canonical(name, value)
    values = [found] if found is not None else [value, *_parts(name, value)]
    families = [family for part in values for family in _families(name, part)]
    return frozenset(_key(name, held) for held in (*values, *families))


def _key(name: str, value: str) -> str:
    return f"{folded(name)}{SEPARATOR}{folded(value)}"


def _families(name: str, value: str) -> Iterator[str]:
    concept = Lexicon.load().concept(name, value)
    while concept is not None and concept.family is not None:
        yield concept.family
        concept = Lexicon.load().concept(name, concept.family)


def _parts(name: str, value: str) -> list[str]:
    """What the lexicon knows within a value, of attributes whose values have families."""
    if name not in _names_with_families():
        return []
    lexicon = Lexicon.load()
    text = lexicon.normalise(value)
    found = [match for match in lexicon.find(text) if match.name == name]
    rest = list(fold(text))
    for match in found:
        rest[match.start : match.end] = " " * (match.end - match.start)
    return [] if _is_taken_back("".join(rest)) else [match.value for match in found]


def _is_taken_back(rest: str) -> bool:
    english, chinese = _lookalikes()
    return any(word in rest for word in chinese) or any(
        token.text in english for token in tokenise(rest)
    )


@lru_cache(maxsize=1)
def _names_with_families() -> frozenset[str]:
    return frozenset(concept.name for concept in Lexicon.load().concepts() if concept.family)


@lru_cache(maxsize=1)
def _lookalikes() -> tuple[frozenset[str], tuple[str, ...]]:
    text = files("retrieval.index").joinpath("data/lookalikes.yaml").read_text(encoding="utf-8")
    words = yaml.safe_load(text)
    return frozenset(words["en"]), tuple(words["zh"])
