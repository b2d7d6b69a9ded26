"""Which language a text is in, and its clean form.

Cleaning happens once, where a text comes in; everything after works on offsets into the clean text.
``fold`` keeps the length, so an offset into the folded text is an offset into the clean one.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import yaml
from opencc import OpenCC

Spoken = Literal["en", "zh"]
"""The languages that the assistant speaks."""

_MARKS_PER_LETTER = 2
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_SPACE = re.compile(r"\s+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W\d_]+")

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff\u0750-\u077f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)


@dataclass(frozen=True, slots=True)
class Detected:
    """``spoken`` is the language to answer in; ``other`` names a language that is not spoken."""

    spoken: Spoken
    other: str | None = None


def detect(text: str, default: Spoken = "en") -> Detected:
    """The language of a message: by script first, then by function words.

    Chinese with English product words in it is Chinese, unless the Chinese is one word in an
    English sentence. A text without letters ("50?") keeps ``default``.
    """
    han = len(_HAN.findall(text))
    for code, pattern in _SCRIPTS:
        if len(pattern.findall(text)) > max(1, han // 4 if code == "ja" else han):
            return Detected(default, code)
    words = [word.lower() for word in _WORD.findall(_HAN.sub(" ", text))]
    known = _function_words()
    english = sum(word in known["en"] for word in words)
    if han:
        return Detected("zh" if han * 2 >= len(words) or english < 2 else "en")
    if not words:
        return Detected(default)
    code, hits = max(
        (
            (code, sum(word in those for word in words))
            for code, those in known.items()
            if code != "en"
        ),
        key=lambda pair: pair[1],
    )
    if hits >= 2 and hits > english and hits * 4 >= len(words):
        return Detected(default, code)
    # A lone size or brand in Latin letters ("M", "iPhone") does not change the language.
    if default == "zh" and len(words) <= 2 and not english:
        return Detected("zh")
    return Detected("en")


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN.search(text) is not None


def normalise(text: str) -> str:
    """NFKC, without control, zero-width and direction marks, stacked accents cut, spaces folded."""
    if text.isascii() and text.isprintable():  # most texts; nothing else could be in them
        return _SPACE.sub(" ", text).strip()
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFKC", _SPACE.sub(" ", text)):
        if char.isascii() and char.isprintable():
            kept.append(char)
            marks = 0
            continue
        category = unicodedata.category(char)
        if category in _DROPPED:
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MARKS_PER_LETTER:
            kept.append(char)
    return _SPACE.sub(" ", "".join(kept)).strip()


def fold(text: str) -> str:
    """The form in which texts are compared: lower case, simplified Chinese, no Latin accents.

    It has the same length as ``text``: character *i* of one is character *i* of the other.
    """
    return text.lower() if text.isascii() else text.translate(_folding_table()).lower()


@lru_cache(maxsize=1)
def _function_words() -> dict[str, frozenset[str]]:
    text = files("retrieval.lexicon").joinpath("data/function_words.yaml").read_text("utf-8")
    return {code: frozenset(words) for code, words in yaml.safe_load(text).items()}


@lru_cache(maxsize=1)
def _folding_table() -> dict[int, str]:
    table = {0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"}
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = base
    han = [chr(code) for code in range(0x3400, 0xA000)]
    for traditional, simplified in zip(
        han, OpenCC("t2s").convert("\n".join(han)).split("\n"), strict=True
    ):
        if traditional != simplified and len(simplified) == 1:
            table[ord(traditional)] = simplified
    return table
