"""The words that reviews judge with, read from data files into one table of phrases."""

import itertools
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple

import jieba
import Stemmer
import yaml

from retrieval.language import fold, has_han
from retrieval.lexicon.tokens import tokenise

_BRACE = re.compile(r"\{(\w+)\}")
_INSIDE_WORDS = frozenset("-'")
_SIGNS = {"good": 1, "bad": -1}

jieba.setLogLevel(logging.WARNING)


class Word(NamedTuple):
    """A token with its offsets in the text; ``key`` is the stem it is looked up by."""

    key: str
    start: int
    end: int
    longer: str = ""
    """Of a Chinese character, the word of two and more that it is part of."""
    begun: int = 0
    """Where that word begins."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase does in a clause.

    ``role`` is ``word`` (names ``aspect``), ``opinion`` (judges ``aspect``, or anything where
    ``aspect`` is empty), ``says`` (names and judges at once), ``hint`` (the same, but only in a
    clause that names no aspect), or one of the parts of speech of ``sentiment.yaml``.
    """

    role: str
    aspect: str = ""
    sign: int = 0


class Found(NamedTuple):
    """Token positions ``first`` to ``last`` (exclusive) and what stands there."""

    first: int
    last: int
    meanings: tuple[Meaning, ...]

    def has(self, role: str) -> bool:
        return any(meaning.role == role for meaning in self.meanings)


def words_of(text: str) -> list[Word]:
    """Stemmed words, Chinese characters and punctuation marks of a text, in order."""
    folded = fold(text)
    longer = _longer_words(folded) if has_han(folded) else {}
    return [
        Word(_stem(token.key), token.start, token.end, *longer.get(token.start, ()))
        for token in tokenise(folded)
        if token.text not in _INSIDE_WORDS
    ]


def _longer_words(folded: str) -> dict[int, tuple[str, int]]:
    """The Chinese words of two characters and more and where they begin, by the place of each of
    their characters."""
    found, end = {}, 0
    for word in jieba.cut(folded, HMM=False):
        start, end = end, end + len(word)
        if len(word) > 1 and has_han(word):
            found.update(dict.fromkeys(range(start, end), (word, start)))
    return found


class Vocabulary:
    """Finds known phrases among words, the longest first."""

    def __init__(self, aspects: Mapping[str, Any], sentiment: Mapping[str, list[str]]) -> None:
        self.aspects: tuple[str, ...] = tuple(aspects["aspects"])
        self.unwanted = frozenset(
            name for name, entry in aspects["aspects"].items() if entry.get("unwanted")
        )
        self._phrases: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
        self._hints: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
        self._longest: dict[str, int] = {}
        for name, entry in aspects["aspects"].items():
            for field, phrases in entry.items():
                for phrase in phrases if field not in ("label", "unwanted") else ():
                    for spelt in _spell_out(phrase, aspects["shorthand"]):
                        self._add(spelt, _aspect_meaning(field, name))
        for field, phrases in sentiment.items():
            for phrase in phrases:
                sign = _SIGNS.get(field, 0)
                self._add(phrase, Meaning("opinion" if sign else field, sign=sign))

    def _add(self, phrase: str, meaning: Meaning) -> None:
        keys = tuple(word.key for word in words_of(phrase))
        table = self._hints if meaning.role == "hint" else self._phrases
        if meaning not in table.get(keys, ()):
            table[keys] = (*table.get(keys, ()), meaning)
        self._longest[keys[0]] = max(self._longest.get(keys[0], 0), len(keys))

    def find(self, words: Sequence[Word], *, hints: bool) -> list[Found]:
        """Known phrases from left to right, none overlapping; ``hints`` admits that role."""
        keys = [word.key for word in words]
        found: list[Found] = []
        position = 0
        while position < len(keys):
            match = self._at(keys, position, hints)
            if match and not self._stands(words[position : match.last]):
                match = None
            if match:
                found.append(match)
            position = match.last if match else position + 1
        return found

    def _at(self, keys: list[str], position: int, hints: bool) -> Found | None:
        longest = min(self._longest.get(keys[position], 0), len(keys) - position)
        for length in range(longest, 0, -1):
            phrase = tuple(keys[position : position + length])
            meanings = self._phrases.get(phrase, ())
            if hints:
                meanings += self._hints.get(phrase, ())
            if meanings:
                return Found(position, position + length, meanings)
        return None

    def _stands(self, match: Sequence[Word]) -> bool:
        """Whether a phrase is no piece of longer words that mean something else.

        A single character stands where what is left of its word means something alone as well:
        大 in 太大, not in 大家. A longer phrase only gives way to words known to be neutral: 个大
        is no piece of 个大家.
        """
        start, end = match[0].start, match[-1].end
        for word in (match[0], match[-1]):
            if start <= word.begun and word.begun + len(word.longer) <= end:
                continue
            if len(match) == 1 and not all(map(self._means_alone, word.longer)):
                return False
            if len(match) > 1 and self._is_neutral(word.longer):
                return False
        return True

    def _means_alone(self, character: str) -> bool:
        return (character,) in self._phrases or (character,) in self._hints

    def _is_neutral(self, word: str) -> bool:
        return any(meaning.role == "neutral" for meaning in self._phrases.get(tuple(word), ()))


OwnWords = tuple[tuple[str, tuple[str, ...]], ...]
"""Aspects of a shop's own, each with the words that name it."""


@lru_cache(maxsize=64)
def vocabulary(own: OwnWords = ()) -> Vocabulary:
    """The packaged vocabulary, both languages in one: texts mix them; with aspects added."""
    return _vocabulary(yaml.safe_load(_aspects_file()), own)


@lru_cache(maxsize=64)
def review_vocabulary(own: OwnWords = ()) -> Vocabulary:
    """``vocabulary`` and what only reviewers say: "rides up", 掉跟. A shopper who looks for a
    dog's bed names no aspect; a reviewer whose dog ignores it does."""
    aspects = yaml.safe_load(_aspects_file())
    for name, more in yaml.safe_load(_phrases_file()).items():
        entry = aspects["aspects"][name]
        for field, phrases in more.items():
            entry[field] = [*entry.get(field, ()), *phrases]
    return _vocabulary(aspects, own)


def _vocabulary(aspects: dict[str, Any], own: OwnWords) -> Vocabulary:
    for name, words in own:
        entry = aspects["aspects"].setdefault(name, {})
        entry["words"] = [*entry.get("words", ()), *words]
    return Vocabulary(aspects, yaml.safe_load(_sentiment_file()))


@lru_cache(maxsize=1)
def vocabulary_fingerprint() -> str:
    """Changes whenever a review could be read differently because of the words."""
    texts = _aspects_file() + _phrases_file() + _sentiment_file()
    return sha256(texts.encode()).hexdigest()[:16]


def aspect_labels() -> dict[str, dict[str, str]]:
    """Aspect key to its name by language: ``{"sizing": {"en": "sizing", "zh": "尺码"}, ...}``."""
    entries = yaml.safe_load(_aspects_file())["aspects"]
    return {name: entry["label"] for name, entry in entries.items()}


def _aspects_file() -> str:
    return files("retrieval.lexicon").joinpath("data/aspects.yaml").read_text("utf-8")


def _phrases_file() -> str:
    return files("retrieval.reviews").joinpath("data/phrases.yaml").read_text("utf-8")


def _sentiment_file() -> str:
    return files("retrieval.reviews").joinpath("data/sentiment.yaml").read_text("utf-8")


def _aspect_meaning(field: str, aspect: str) -> Meaning:
    if field == "words":
        return Meaning("word", aspect)
    role, _, polarity = field.rpartition("_")
    return Meaning({"": "opinion", "says": "says", "hints": "hint"}[role], aspect, _SIGNS[polarity])


def _spell_out(phrase: str, shorthand: Mapping[str, list[str]]) -> Iterator[str]:
    names = _BRACE.findall(phrase)
    for choice in itertools.product(*(shorthand[name] for name in names)):
        spelt = phrase
        for name, words in zip(names, choice, strict=True):
            spelt = spelt.replace(f"{{{name}}}", words)
        yield spelt


_stemmer = Stemmer.Stemmer("english")


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return str(_stemmer.stemWord(word)) if word.isascii() else word
