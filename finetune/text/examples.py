"""Labelled texts: reading, cleaning, removing duplicates, splitting."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from assistant.understanding.intent_model import prepare
from finetune.errors import TrainingDataError
from retrieval.catalog.table import Table, read_table
from retrieval.errors import FeedError

logger = logging.getLogger(__name__)


_PART = "split"
"""The column that says which part a row belongs to, where a file has one."""
_PARTS = (("train",), ("val", "dev"), ("test",))
"""What the names of training, validation and test parts contain."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its label.

    ``prefix`` is read before the text and never changed by noise; ``part`` is what the file's
    column ``split`` says; ``row`` is where it stands among the training examples, -1 elsewhere.
    """

    text: str
    label: str
    prefix: str = ""
    part: str = ""
    row: int = -1

    @property
    def read(self) -> str:
        """What the network reads."""
        return self.prefix + self.text


def read_examples(files: Iterable[Path], text: str, label: str) -> list[Example]:
    """Reads Parquet, CSV, TSV or JSONL files; rows without text or label are left out and logged.

    Args:
        files: read one after the other.
        text: the column of the texts.
        label: the column of the labels; numbers become words.

    Raises:
        TrainingDataError: a file is unreadable, of another kind, without a needed column, or none
            of the files holds a usable row.
    """
    examples = [example for file in files for example in _read_file(file, text, label)]
    if not examples:
        raise TrainingDataError("No file holds a row with both a text and a label.")
    return examples


def read_texts(file: Path, text: str) -> list[str]:
    """The texts of one column, cleaned; blank ones are left out.

    Raises:
        TrainingDataError: the file is unreadable, of another kind or without the column.
    """
    (column,) = read_columns(file, text).columns
    texts = (prepare(str(words)) for words in column if words is not None)
    return [words for words in texts if words]


def _read_file(file: Path, text: str, label: str) -> list[Example]:
    examples = []
    table = read_columns(file, text, label, _PART)
    for row, words, name, part in zip(table.rows, *table.columns, strict=True):
        cleaned = prepare(str(words)) if words is not None else ""
        if not cleaned or name is None or not str(name).strip():
            logger.warning("%s: row %d: no text or no label", file, row)
            continue
        examples.append(Example(cleaned, str(name).strip(), part=str(part or "").strip()))
    return examples


def read_columns(file: Path, *names: str) -> Table:
    """The named columns of a file with the numbers of their rows; ``split`` is of blanks where
    there is none.

    Raises:
        TrainingDataError: the file is unreadable, of another kind or without one of the columns.
    """
    try:
        return read_table(
            file, *(n for n in names if n != _PART), optional=[n for n in names if n == _PART]
        )
    except FeedError as error:
        raise TrainingDataError(str(error)) from error


def without_duplicates(examples: Iterable[Example]) -> list[Example]:
    """Each text once, regardless of case.

    Where a text has several labels the most frequent one wins; on a tie the text is left out, for
    nobody can say what it means.
    """
    first: dict[str, Example] = {}
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        key = example.read.casefold()
        first.setdefault(key, example)
        votes[key][example.label] += 1
    kept = []
    for key, example in first.items():
        (label, most), *others = votes[key].most_common(2)
        if others and others[0][1] == most:
            continue
        kept.append(replace(example, label=label))
    return kept


def given_split(examples: Sequence[Example]) -> list[list[Example]] | None:
    """Training, validation and test as the file divides them.

    Returns:
        The three parts, of which the last may be empty; None where the file names no part for
        each example, or names no validation part.
    """
    parts: list[list[Example]] = [[] for _ in _PARTS]
    for example in examples:
        named = [i for i, names in enumerate(_PARTS) if any(n in example.part for n in names)]
        if len(named) != 1:
            return None
        parts[named[0]].append(example)
    return parts if parts[0] and parts[1] else None


def stratified_split(
    examples: Sequence[Example], shares: Sequence[float], seed: int
) -> list[list[Example]]:
    """Cuts ``examples`` into as many parts as there are ``shares``, label by label.

    The first part gets at least one example of every label; what can't be divided evenly is given
    out by rounding the running total, so that sizes are right over all labels too.
    """
    if not shares or min(shares) < 0 or sum(shares) <= 0:
        raise TrainingDataError(f"A split needs shares of which one is positive, not {shares}.")
    random = Random(seed)  # noqa: S311  (no secret)
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.label].append(example)
    parts: list[list[Example]] = [[] for _ in shares]
    for label in sorted(by_label):
        members = by_label[label]
        random.shuffle(members)
        # Carrying the fraction over the labels would need state; a random offset does the same.
        offset = random.random()
        start, total = 0, 0.0
        for index, share in enumerate(shares):
            total += share / sum(shares) * len(members)
            last = index == len(shares) - 1
            end = len(members) if last else min(len(members), int(total + offset))
            if index == 0:
                end = max(end, 1)
            parts[index] += members[start:end]
            start = max(start, end)
    for part in parts:
        random.shuffle(part)
    return parts
