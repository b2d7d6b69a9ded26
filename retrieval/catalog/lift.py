"""Attributes taken from titles and tags, where a feed has no columns for them.

Only what a title or a whole tag plainly says, and only words of one meaning: a wrong attribute is
worse than none, since filters are hard.
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

import yaml

from retrieval.catalog.product import Attributes
from retrieval.lexicon import Lexicon, Match


class Words(Protocol):
    """What of the lexicon is needed here."""

    def normalise(self, text: str) -> str: ...

    def find(self, text: str, language: str | None = None) -> list[Match]: ...

    def attribute_name(self, words: str) -> str | None: ...


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    text = files(__package__).joinpath("data", "lift.yaml").read_text(encoding="utf-8")
    rules: dict[str, Any] = yaml.safe_load(text)
    return rules


class Lifter:
    """Finds attributes by the lexicon; remembers tags, of which a feed has few."""

    def __init__(self, lexicon: Words | None = None) -> None:
        self.lexicon: Words = lexicon or Lexicon.load()
        self._of_tag = lru_cache(maxsize=50_000)(self._find_in_tag)

    def attributes(self, title: str, tags: Iterable[str], known: Iterable[str]) -> Attributes:
        """Attribute → values that the title or a tag gives, of attributes other than ``known``."""
        found: dict[str, dict[str, None]] = {}
        taken = set(known)
        for name, value in self._of_title(title):
            if name not in taken:
                found.setdefault(name, {})[value] = None
        for tag in tags:
            for name, value in self._of_tag(tag):
                if name not in taken:
                    found.setdefault(name, {})[value] = None
        return {name: list(values) for name, values in found.items()}

    def _of_title(self, title: str) -> list[tuple[str, str]]:
        text = f" {self.lexicon.normalise(title)} "
        folded = text.casefold()
        if len(folded) == len(text):
            cuts = [at for mark in _rules()["title_until"] if (at := folded.find(mark)) >= 0]
            text = text[: min(cuts)] if cuts else text
        matches = self.lexicon.find(text)
        return [
            (match.name, match.value)
            for match in matches
            if match.name in _rules()["title"]
            and _is_plain(match, matches)
            and not text[match.end :]
            .lstrip(" -")
            .casefold()
            .startswith(tuple(_rules()["not_before"]))
        ]

    def _find_in_tag(self, tag: str) -> list[tuple[str, str]]:
        text = self.lexicon.normalise(tag).strip()
        matches = self.lexicon.find(text)
        return [
            (match.name, match.value)
            for match in matches
            if match.name in _rules()["tags"]
            and (match.start, match.end) == (0, len(text))
            and _is_plain(match, matches)
        ]


def _is_plain(match: Match, matches: list[Match]) -> bool:
    """Whether a phrase is an attribute's value and can be nothing else."""
    same_span = [m for m in matches if (m.start, m.end) == (match.start, match.end)]
    return match.kind == "attribute" and len(same_span) == 1
