"""Noise that keeps the meaning: typos, case, synonyms, word order."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict

from finetune.text.examples import Example
from retrieval.encoder.script import has_chinese

NOISE_FILE = Path(__file__).with_name("data") / "noise.yaml"


class NoiseRates(BaseModel):
    """How likely each kind of noise is for one text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    typo: float = 0.15
    case: float = 0.1
    synonym: float = 0.15
    order: float = 0.03
    ending: float = 0.1


class Noise(BaseModel):
    """The words of the noise: a data file of neighbouring keys, synonyms, and endings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: dict[str, str]
    synonyms: dict[str, list[str]]
    endings: list[str]

    @classmethod
    def load(cls, file: Path = NOISE_FILE) -> Self:
        """Reads the data file."""
        return cls.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))

    def disturb(self, text: str, rates: NoiseRates, random: Random) -> str:
        """``text`` with some noise, never blank where ``text`` was not."""
        if random.random() < rates.synonym:
            text = self._synonym(text, random)
        if random.random() < rates.order:
            text = _swap_words(text, random)
        if random.random() < rates.typo:
            text = self._typo(text, random)
        if random.random() < rates.case:
            text = random.choice((str.lower, str.upper, str.title, str.capitalize))(text)
        if random.random() < rates.ending:
            text += random.choice(self.endings)
        return text

    def _synonym(self, text: str, random: Random) -> str:
        places = [(_find_word(text, word), word) for word in self.synonyms]
        places = [(at, word) for at, word in places if at >= 0]
        if not places:
            return text
        at, word = random.choice(places)
        return text[:at] + random.choice(self.synonyms[word]) + text[at + len(word) :]

    def _typo(self, text: str, random: Random) -> str:
        letters = [i for i, character in enumerate(text) if character.isalpha()]
        if len(letters) < 4:
            return text  # too short to lose anything
        at = random.choice(letters)
        if has_chinese(text[at]):
            # An input method makes other mistakes than a keyboard: a character twice or lost.
            return text[:at] + random.choice(("", text[at] * 2)) + text[at + 1 :]
        match random.randrange(4):
            case 0:
                return text[:at] + text[at + 1 :]
            case 1:
                return text[:at] + text[at] + text[at:]
            case 2:
                return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
        keys = self.neighbours.get(text[at].lower(), text[at])
        return text[:at] + random.choice(keys) + text[at + 1 :]


@cache
def default_noise() -> Noise:
    """The noise of the shipped data file."""
    return Noise.load()


def disturbed(
    examples: Sequence[Example], random: Random, rates: NoiseRates | None = None
) -> list[Example]:
    """The examples with noise in their texts; labels and prefixes stay."""
    noise, rates = default_noise(), rates or NoiseRates()
    return [replace(e, text=noise.disturb(e.text, rates, random)) for e in examples]


def _find_word(text: str, word: str) -> int:
    """Where ``word`` stands in ``text`` as a word of its own, or -1. Chinese has no word bounds."""
    if word not in text or has_chinese(word):
        return text.find(word)
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    return found.start() if found else -1


def _swap_words(text: str, random: Random) -> str:
    words = text.split(" ")
    if len(words) < 4:
        return text
    at = random.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)
