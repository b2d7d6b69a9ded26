"""What a question or a rule is about, by the words of ``data/topics.yaml``."""

import re
from functools import cache
from importlib.resources import files

import yaml

from retrieval.language import fold


def topics(text: str) -> frozenset[str]:
    """The topics that ``text`` speaks of, in either language."""
    folded = fold(text)
    return frozenset(name for name, pattern in _patterns().items() if pattern.search(folded))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    source = files("assistant.policies").joinpath("data", "topics.yaml")
    entries: dict[str, dict[str, list[str]]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return {name: _pattern(forms["en"], forms["zh"]) for name, forms in entries.items()}


def _pattern(english: list[str], chinese: list[str]) -> re.Pattern[str]:
    whole = "|".join(map(re.escape, english))
    return re.compile(rf"\b(?:{whole})\b|{'|'.join(map(re.escape, chinese))}")
