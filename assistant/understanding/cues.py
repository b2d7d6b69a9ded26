"""The data files of steering words, read once."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from retrieval.lexicon.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase that steers how others are meant; ``role`` is its heading in ``cues.yaml``."""

    role: str


def read_data(name: str) -> Any:
    """A data file; everything in it stays text, so that "no" and "on" are words."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506


@lru_cache(maxsize=1)
def cantonese() -> dict[int, int]:
    """Written Cantonese as standard Chinese, character for character, for ``str.translate``."""
    return {ord(said): ord(meant) for said, meant in read_data("cantonese.yaml").items()}


@lru_cache(maxsize=1)
def cue_entries() -> tuple[tuple[str, Cue], ...]:
    """Every phrase with its cue."""
    return tuple(
        (phrase, Cue(role))
        for role, lists in read_data("cues.yaml").items()
        for phrases in lists
        for phrase in phrases
    )


@lru_cache(maxsize=1)
def filler() -> Phrases[bool]:
    """Words that carry no wish of their own."""
    return Phrases(
        (phrase, True)
        for lists in read_data("filler.yaml").values()
        for phrases in lists
        for phrase in phrases
    )


def phrase_keys() -> set[str]:
    """The single Latin words of cues and filler; spelling leaves them alone."""
    phrases = [phrase for phrase, _ in cue_entries()]
    phrases += [p for lists in read_data("filler.yaml").values() for ps in lists for p in ps]
    return {word for phrase in phrases for word in str(phrase).lower().split()}
