"""Pairs of a Chinese text and its English translation, from their three sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet

from finetune.encoder.dictionary import Word
from finetune.errors import TrainingDataError
from retrieval.encoder.script import fold_traditional

TEST_PAIRS = 1_000
VALIDATION_PAIRS = 500
_SPLIT_SEED = 20261122
_LONGEST_WORD = 5  # characters; longer headwords are sayings and terms of science


@dataclass(frozen=True)
class Pair:
    """A text and where it should land.

    Attributes:
        chinese: simplified characters; may be mixed with English words.
        english: its translation, whose vector is the target.
    """

    chinese: str
    english: str


@dataclass(frozen=True)
class SentenceSplit:
    """Sentence pairs; no English or Chinese side of one part occurs in another."""

    train: list[Pair]
    validation: list[Pair]
    test: list[Pair]


def read_sentences(path: Path) -> SentenceSplit:
    """Reads a Parquet file with the columns ``en`` and ``zh`` and cuts it, always the same way.

    Test and validation pairs have sides that occur once in the whole file, so that a retrieval
    test over them has one right answer per query.

    Raises:
        TrainingDataError: the file is missing or lacks a column.
    """
    try:
        table = pyarrow.parquet.read_table(path, columns=["en", "zh"]).to_pydict()
    except (OSError, KeyError, pyarrow.ArrowException) as error:
        raise TrainingDataError(f"Sentence pairs at {path} cannot be read: {error}") from error
    pairs = [
        Pair(fold_traditional(zh).strip("\ufeff "), en.strip("\ufeff "))
        for zh, en in zip(table["zh"], table["en"], strict=True)
    ]
    times: dict[str, int] = {}
    for pair in pairs:
        for key in (_key(pair.english), _key(pair.chinese)):
            times[key] = times.get(key, 0) + 1
    single = [p for p in pairs if times[_key(p.english)] == times[_key(p.chinese)] == 1]
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(single))
    test = [single[i] for i in order[:TEST_PAIRS]]
    validation = [single[i] for i in order[TEST_PAIRS : TEST_PAIRS + VALIDATION_PAIRS]]
    held_out = set(test) | set(validation)
    return SentenceSplit([pair for pair in pairs if pair not in held_out], validation, test)


def dictionary_pairs(dictionary: Sequence[Word], characters: str) -> list[Pair]:
    """Headwords with their first two glosses, as far as all their characters have a row."""
    known = set(characters)
    return [
        Pair(word.simplified, ", ".join(word.glosses[:2]))
        for word in dictionary
        if len(word.simplified) <= _LONGEST_WORD and known.issuperset(word.simplified)
    ]


def _key(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
