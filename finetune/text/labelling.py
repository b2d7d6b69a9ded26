"""Which texts are most worth a label: those in doubt, unlike each other, said often.

Sources: Settles 2009 (margin sampling, weighting by frequency),
https://minds.wisconsin.edu/handle/1793/60660; Sener and Savarese 2018 (greedy k-centre),
https://arxiv.org/abs/1708.00489.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from assistant.understanding.intent import IntentClassifier
from assistant.understanding.intent_model import ClassifierModel, Numbers, prepare
from finetune.errors import TrainingDataError
from finetune.text.masking import masked


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model takes a text for, with calibrated probabilities."""

    label: str
    probability: float
    runner_up: str
    margin: float
    """By how much the label is more probable than the runner-up."""


Guesser = Callable[[Sequence[str]], Sequence[Guess]]
Encode = Callable[[Sequence[str]], Numbers]
"""Texts → unit vectors ``(texts, d)``."""

_POOL = 20
"""Of how many doubtful texts one is asked; only these are encoded."""
_BATCH = 64
_FORMATS = (".csv", ".jsonl")


@dataclass(frozen=True, slots=True)
class Question:
    """One row for the person who labels. ``intent`` is a suggestion."""

    text: str
    intent: str
    probability: float
    runner_up: str
    count: int


def worth_labelling(
    texts: Sequence[str],
    guess: Guesser,
    encode: Encode,
    most: int,
    labelled: Collection[str] = (),
) -> list[Question]:
    """The ``most`` texts whose labels would teach the model most, in that order.

    Each is the one with the greatest doubt, times its distance to what was chosen before, times
    the logarithm of how often it is said.

    Args:
        texts: as people typed them; masked before anything looks at them.
        guess: the model's view.
        encode: where texts that mean the same lie close together.
        most: how many.
        labelled: texts that need no label any more.
    """
    done = {masked(prepare(text)).casefold() for text in labelled}
    said: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in texts:
        clean = masked(prepare(text))
        if clean and (key := clean.casefold()) not in done:
            said.setdefault(key, clean)
            counts[key] += 1
    if not said:
        return []
    distinct, often = list(said.values()), np.array([counts[key] for key in said])
    guesses = guess(distinct)
    worth = np.array([1 - g.margin for g in guesses]) * np.log2(1 + often)
    pool = np.argsort(-worth, kind="stable")[: _POOL * most]
    chosen = pool[_spread(worth[pool], encode([distinct[i] for i in pool]), most)]
    return [
        Question(
            distinct[i],
            guesses[i].label,
            round(guesses[i].probability, 4),
            guesses[i].runner_up,
            int(often[i]),
        )
        for i in map(int, chosen)
    ]


def guesses_from(probabilities: Numbers, labels: Sequence[str]) -> list[Guess]:
    """Calibrated probabilities ``(texts, labels)`` → the two best labels of each text."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    return [
        Guess(labels[first], float(row[first]), labels[second], float(row[first] - row[second]))
        for row, (first, second) in zip(probabilities, best, strict=True)
    ]


def guesser_of_folder(model: ClassifierModel) -> Guesser:
    """The view of a trained folder."""

    def guess(texts: Sequence[str]) -> list[Guess]:
        parts = (
            model.probabilities(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)
        )
        return [one for part in parts for one in guesses_from(part, model.card.labels)]

    return guess


def guesser_of_shop(classifier: IntentClassifier) -> Guesser:
    """The view of the shop's classifier, each text by itself."""

    def guess(texts: Sequence[str]) -> list[Guess]:
        found = []
        for at in range(0, len(texts), _BATCH):
            for intent in classifier.classify_many(texts[at : at + _BATCH]):
                other, probability = intent.alternatives[0]
                # Rejected for want of confidence: another label may be the more probable one.
                margin = max(0.0, intent.confidence - probability)
                found.append(Guess(intent.name.value, intent.confidence, other.value, margin))
        return found

    return guess


def check_name(path: Path) -> None:
    """Raises ``TrainingDataError`` where no questions can be written to a file of that name."""
    if path.suffix.lower() not in _FORMATS:
        raise TrainingDataError(f"{path}: expected one of {', '.join(_FORMATS)}.")


def write_questions(questions: Sequence[Question], path: Path) -> None:
    """Writes CSV or JSONL that ``shopkeeper train intent --data`` reads.

    Raises:
        TrainingDataError: the file's name ends otherwise.
    """
    check_name(path)
    rows = [asdict(question) for question in questions]
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix.lower() == ".jsonl":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            return
        writer = csv.DictWriter(stream, Question.__slots__)
        writer.writeheader()
        writer.writerows(rows)


def _spread(worth: Numbers, vectors: Numbers, most: int) -> list[int]:
    """Greedy k-centre, each distance weighed by ``worth``: places in order of choice."""
    chosen = [int(worth.argmax())]
    distance = np.full(len(worth), np.inf)
    while len(chosen) < min(most, len(worth)):
        distance = np.minimum(distance, 1 - vectors @ vectors[chosen[-1]])
        value = worth * np.maximum(distance, 0)
        value[chosen] = -1
        chosen.append(int(value.argmax()))
    return chosen
