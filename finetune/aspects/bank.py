"""The clauses that the model learns from: patterns written for this project, spelt out.

A pattern holds alternatives in brackets, ``(fits|fit) like a dream``; its labels are the key that
it stands under, ``sizing+`` or ``comfort- style+``, and none under ``none``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from random import Random
from typing import Any

import yaml

from finetune.errors import FinetuneError

LANGUAGES = ("en", "zh")
NONE = "none"
Labels = frozenset[str]
"""Aspects with ``+`` or ``-``; empty where a clause judges nothing."""

_CHOICE = re.compile(r"\(([^()]*)\)")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Clauses of one make: what is fixed and what may be chosen, in turn."""

    parts: tuple[tuple[str, ...], ...]
    labels: Labels
    language: str

    @classmethod
    def of(cls, text: str, labels: Labels, language: str) -> "Pattern":
        """From ``(a|b) c``.

        Raises:
            FinetuneError: brackets are left open or nested.
        """
        pieces = _CHOICE.split(text)
        if any(sign in piece for piece in pieces[::2] for sign in "()|"):
            raise FinetuneError(f"Brackets do not match in the pattern {text!r}.")
        # Every second piece is the inside of a bracket.
        parts = tuple(
            tuple(piece.split("|")) if place % 2 else (piece,) for place, piece in enumerate(pieces)
        )
        return cls(parts, labels, language)

    @property
    def size(self) -> int:
        """How many clauses it stands for."""
        count = 1
        for part in self.parts:
            count *= len(part)
        return count

    def draw(self, random: Random) -> str:
        """One of its clauses."""
        return _tidy(random.choice(part) for part in self.parts)

    def all(self) -> Iterator[str]:
        """Every clause."""
        for chosen in product(*self.parts):
            yield _tidy(chosen)


def read_bank() -> list[Pattern]:
    """All patterns, both languages.

    Raises:
        FinetuneError: a file is not of the form above.
    """
    found = []
    for language in LANGUAGES:
        folder = files("finetune.aspects").joinpath("data", language)
        for file in sorted(folder.iterdir(), key=lambda f: f.name):
            entries: Mapping[str, Any] = yaml.safe_load(file.read_text("utf-8"))
            for key, patterns in entries.items():
                labels = frozenset() if key == NONE else frozenset(key.split())
                found += [Pattern.of(str(text), labels, language) for text in patterns]
    return found


def label_names(bank: list[Pattern]) -> tuple[str, ...]:
    """Every label of the bank, sorted: the order of the model's outputs."""
    return tuple(sorted({label for pattern in bank for label in pattern.labels}))


def _tidy(pieces: Any) -> str:
    return _SPACES.sub(" ", "".join(pieces)).strip(" ，,")
