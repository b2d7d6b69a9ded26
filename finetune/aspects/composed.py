"""Draws the clauses of an epoch: patterns spelt out, aspects by name, two in one, and framed."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from finetune.aspects.bank import Labels, Pattern
from retrieval.language import has_han
from retrieval.reviews.sentiment import prepare

JOINED, FRAMED, NAMED = 0.3, 0.3, 0.25
"""Share of clauses joined with another, framed, and made of an aspect's name."""
_AGREE = 0.5
"""Of two joined clauses, how often they are of one side at least."""
_STAGGER = 3


@dataclass(frozen=True, slots=True)
class Clause:
    """A text and what it judges."""

    text: str
    labels: Labels


class Composer:
    """Makes clauses; the same ``random`` makes the same ones.

    Args:
        bank: the patterns to spell out.
    """

    def __init__(self, bank: Sequence[Pattern]) -> None:
        self._bank = {
            language: [p for p in bank if p.language == language]
            for language in {p.language for p in bank}
        }
        frames = files("finetune.aspects").joinpath("data/frames.yaml").read_text("utf-8")
        words = files("retrieval.lexicon").joinpath("data/aspects.yaml").read_text("utf-8")
        self._frames: dict[str, Any] = yaml.safe_load(frames)
        self._aspects: dict[str, Any] = yaml.safe_load(words)["aspects"]

    def epoch(self, repeats: int, random: Random) -> list[Clause]:
        """``repeats`` clauses of each pattern, fresh ones, and aspects by name beside them."""
        clauses = []
        for language, patterns in self._bank.items():
            drawn = [
                Clause(pattern.draw(random), pattern.labels)
                for pattern in patterns
                for _ in range(min(repeats, pattern.size * _STAGGER))
            ]
            drawn += [self._named(language, random) for _ in range(int(NAMED * len(drawn)))]
            clauses += [self._dressed(clause, drawn, language, random) for clause in drawn]
        return clauses

    def _named(self, language: str, random: Random) -> Clause:
        """ "The battery is awful": what the words of the lexicon say."""
        frames = self._frames[language]
        name, entry = random.choice(list(self._aspects.items()))
        side = random.choice(("good", "bad"))
        words = [w for w in map(str, entry["words"]) if has_han(w) == (language == "zh")]
        own = [w for w in map(str, entry.get(side, ())) if has_han(w) == (language == "zh")]
        opinions = own if own and random.random() < 0.5 else frames["generic"][side]
        frame = random.choice(frames["named"][side])
        text = frame.format(w=random.choice(words or [name]), o=random.choice(opinions))
        return Clause(text, frozenset({name + ("+" if side == "good" else "-")}))

    def _dressed(
        self, clause: Clause, others: Sequence[Clause], language: str, random: Random
    ) -> Clause:
        frames = self._frames[language]
        text, labels = clause.text, clause.labels
        if random.random() < JOINED:
            other = random.choice(others)
            pair = [text, other.text] if random.random() < 0.5 else [other.text, text]
            text, labels = random.choice(frames["joints"]).join(pair), labels | other.labels
        if random.random() < FRAMED:
            text = random.choice(frames["before"]) + text
        if random.random() < FRAMED:
            text = text + random.choice(frames["after"])
        return Clause(prepare(text), labels)
