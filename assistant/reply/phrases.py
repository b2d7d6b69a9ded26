"""Phrases by key and language, from data files."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

Phrase = str | list[str] | dict[str, Any]


class Phrases:
    """The phrase book of one language.

    A phrase is a format string, a list of equivalent ones (the turn number picks, so that a
    conversation varies and a test repeats), or ``{one: ..., other: ...}`` chosen by ``n``.
    """

    def __init__(self, language: str, book: Mapping[str, Phrase]) -> None:
        self.language = language
        self._book = book

    def __contains__(self, key: object) -> bool:
        return key in self._book

    def keys(self) -> set[str]:
        return set(self._book)

    def say(self, key: str, /, turn: int = 0, **values: Any) -> str:
        """Renders the phrase ``key``.

        Raises:
            KeyError: when the phrase, or a value it names, is missing.
        """
        phrase = self._book[key]
        if isinstance(phrase, dict):
            phrase = phrase["one"] if values.get("n") == 1 and "one" in phrase else phrase["other"]
        if isinstance(phrase, list):
            phrase = phrase[turn % len(phrase)]
        return phrase.format(**values).rstrip()

    def join(self, items: list[str], last: str = "and") -> str:
        """``a, b and c`` in this language; ``last`` is ``and``, or ``or`` in a
        question and ``either`` elsewhere."""
        if len(items) < 2:
            return "".join(items)
        comma, word = self.say("list_comma"), self.say(f"list_{last}")
        gap = " " if self.language == "en" else ""
        return f"{comma}{gap}".join(items[:-1]) + f"{gap}{word}{gap}" + items[-1]

    def sentences(self, parts: list[str]) -> str:
        """Joins finished sentences as this language does."""
        return (" " if self.language == "en" else "").join(p for p in parts if p)


@cache
def phrases(language: str) -> Phrases:
    """The phrase book of ``language`` (``en`` or ``zh``)."""
    source = files("assistant.reply").joinpath("data", f"{language}.yaml")
    return Phrases(language, yaml.safe_load(source.read_text(encoding="utf-8")))
