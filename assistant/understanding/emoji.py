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
    if text.isascii():
        return text
    words = _words()
    pattern = _pattern()
    return " ".join(pattern.sub(lambda found: f" {words[found[1]]} ", text).split())


@cache
def _words() -> dict[str, str]:
    listed = yaml.safe_load(EMOJI_FILE.read_text(encoding="utf-8"))["words"]
    return {emoji: word for word, members in listed.items() for emoji in members}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"([{''.join(_words())}]){_MODIFIERS}*(?:\s*\1{_MODIFIERS}*)*")
