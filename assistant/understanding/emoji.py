"""Emoji read as words: to a language model's tokenizer each of them is the same unknown token."""

import re
from functools import cache
from pathlib import Path

import yaml

EMOJI_FILE = Path(__file__).with_name("data") / "emoji.yaml"

_MODIFIERS = "[\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]"
"""Colour, skin tone and sex: they change the picture and not what it says."""


def read_emoji(text: str) -> str:
    """``text`` with the emoji that have a word replaced by it, one after the other only once."""
    return _replaced(text, ("words", "things"))


def read_things(text: str) -> str:
    """``text`` with the emoji of things that shops sell replaced by their words."""
    return _replaced(text, ("things",))


def _replaced(text: str, headings: tuple[str, ...]) -> str:
    if text.isascii():
        return text
    words, pattern = _words(headings), _pattern(headings)
    if not pattern.search(text):
        return text
    return " ".join(pattern.sub(lambda found: f" {words[found[1]]} ", text).split())


@cache
def _words(headings: tuple[str, ...]) -> dict[str, str]:
    listed = yaml.safe_load(EMOJI_FILE.read_text(encoding="utf-8"))
    return {
        emoji: word
        for heading in headings
        for word, members in listed[heading].items()
        for emoji in members
    }


@cache
def _pattern(headings: tuple[str, ...]) -> re.Pattern[str]:
    emoji = "".join(_words(headings))
    return re.compile(rf"([{emoji}]){_MODIFIERS}*(?:\s*\1{_MODIFIERS}*)*")
