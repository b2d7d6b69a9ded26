"""Texts to index terms, in English and Chinese alike.

English words are stemmed, Chinese runs are cut into words (and the words within them), a number
with its unit becomes one term ("55-inch", '55"' and "55寸" are all ``55inch``), and a compound such
as "t-shirt" or "SC-141" is found whole and in parts.
"""

import logging
import re
import threading
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jieba
import Stemmer
import yaml

from retrieval.language import fold, normalise

jieba.setLogLevel(logging.WARNING)

_HAN = r"\u3400-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[.,/'&×-][^\W_{_HAN}]+)*"  # a run of Chinese, or a compound
)
_IS_HAN = re.compile(rf"[{_HAN}]")
_JOINER = re.compile(r"[.,/'&×-]")
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
_SHORT = 150
_local = threading.local()


def terms(text: str) -> list[str]:
    """The index terms of ``text`` in order, stop words left out, repetitions kept."""
    return list(_short_terms(text)) if len(text) <= _SHORT else _terms(text)


@lru_cache(maxsize=20_000)
def _short_terms(text: str) -> tuple[str, ...]:
    """Of brands, values, categories and titles, which are read more than once."""
    return tuple(_terms(text))


def _terms(text: str) -> list[str]:
    found: list[str] = []
    rest = _unit_pattern().sub(lambda match: _take_unit(match, found), fold(normalise(text)))
    for match in _PIECE.finditer(rest):
        piece = match.group()
        found.extend(_chinese(piece) if _IS_HAN.match(piece) else _compound(piece))
    return found


def words(text: str) -> list[str]:
    """The folded, unstemmed Latin words of ``text``: what spelling is mended against."""
    return list(_short_words(text)) if len(text) <= _SHORT else _words(text)


@lru_cache(maxsize=20_000)
def _short_words(text: str) -> tuple[str, ...]:
    return tuple(_words(text))


def _words(text: str) -> list[str]:
    return [
        word
        for match in _PIECE.finditer(fold(normalise(text)))
        for word in _JOINER.split(match.group())
        if word.isalpha() and not _IS_HAN.match(word)
    ]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a folded Latin word; other words come back as they are."""
    if not word.isascii() or not word.isalpha():
        return word
    if not hasattr(_local, "stemmer"):  # a PyStemmer object may serve one thread only
        _local.stemmer = Stemmer.Stemmer("english")
    return str(_local.stemmer.stemWord(word))


def title_terms(text: str) -> set[str]:
    """Terms by which a title is said to hold a word: Chinese to the single character and pair."""
    found = set(terms(text))
    for match in re.finditer(rf"[{_HAN}]+", fold(normalise(text))):
        run = match.group()
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return found


def needed_terms(word: str) -> set[str]:
    """The terms of ``title_terms`` that a title with ``word`` in it has, all of them."""
    folded = fold(normalise(word))
    runs = re.findall(rf"[{_HAN}]+", folded)
    needed = set(terms(re.sub(rf"[{_HAN}]", " ", folded)))
    for run in runs:
        needed.update({run} if len(run) == 1 else {run[i : i + 2] for i in range(len(run) - 1)})
    return needed


def is_stop_word(word: str) -> bool:
    """Whether a folded word is left out of the index."""
    return word in _stop_words()


def _take_unit(match: re.Match[str], found: list[str]) -> str:
    found.append(match["number"].replace(",", "") + str(match.lastgroup))
    return f" {match['number']} "  # the bare number counts as well: "55" finds 55 inches


def _chinese(run: str) -> list[str]:
    stops = _stop_words()
    return [word for word in jieba.cut_for_search(run, HMM=False) if word not in stops]


def _compound(piece: str) -> list[str]:
    if _NUMBER.fullmatch(piece):
        return [piece.replace(",", "")]
    parts = [part for part in _JOINER.split(piece) if part]
    found = [stem(part) for part in parts if part not in _stop_words() and part != "s"]
    if len(parts) > 1 and len(parts[-1]) + len(parts) > 2 and parts[-1] != "s":
        found.append(stem("".join(parts)))
    return found


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("retrieval.index").joinpath("data/tokens.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    return frozenset(str(word) for words in _data()["stop_words"].values() for word in words)


@lru_cache(maxsize=1)
def _unit_pattern() -> re.Pattern[str]:
    units = "|".join(
        f"(?P<{name}>(?:{'|'.join(spellings)}))" for name, spellings in _data()["units"].items()
    )
    number = r"(?<![\w.,/])(?P<number>\d+(?:[.,/]\d+)*)"
    return re.compile(rf"{number}[\s-]{{0,2}}(?:{units})(?![a-z0-9])")
