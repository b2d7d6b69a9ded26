"""Reviews with a judgement: 1 or 0, or one to five stars."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from finetune.errors import TrainingDataError
from finetune.text.examples import Example, read_columns
from retrieval.reviews.sentiment import STARS, TWO, prepare

logger = logging.getLogger(__name__)

_TOLD = 5
"""Rows of a file that are named when they are left out; of others only the number is told."""


def read_ratings(files: Iterable[Path], text: Sequence[str], label: str) -> list[Example]:
    """Reads Parquet, CSV or JSONL files; rows without text or judgement are left out and logged.

    Args:
        files: read one after the other.
        text: the columns of the texts; several, such as title and body, are read as one.
        label: the column of the judgements: 0 and 1, or 1 to 5.

    Raises:
        TrainingDataError: a file is unreadable, of another kind, without a needed column, or the
            files together hold no usable row.
    """
    found = [example for file in files for example in _read_file(file, text, label)]
    if not found:
        raise TrainingDataError("No file holds a row with both a text and a judgement.")
    return found


def scale_of(examples: Iterable[Example]) -> tuple[str, ...]:
    """Whether the judgements are 0 and 1 or stars; all 1 are read as the former.

    Raises:
        TrainingDataError: there are stars above one and zeros.
    """
    labels = {example.label for example in examples}
    if labels <= set(TWO):
        return TWO
    if "0" in labels:
        raise TrainingDataError("The judgements mix 0 with stars above 1: give one scale a run.")
    return STARS


def _read_file(file: Path, text: Sequence[str], label: str) -> list[Example]:
    table = read_columns(file, *text, label)
    found, left_out = [], []
    for row, *parts, value in zip(table.rows, *table.columns, strict=True):
        whole = prepare(". ".join(str(part) for part in parts if part not in (None, "")))
        judgement = _judgement(value)
        if not whole:
            left_out.append(f"row {row}: {' and '.join(text)}: no text")
        elif judgement is None:
            left_out.append(f"row {row}: {label}: {value!r} is not 0, 1 or 1 to 5")
        else:
            found.append(Example(whole, judgement))
    for told in left_out[:_TOLD]:
        logger.warning("%s: %s", file, told)
    if len(left_out) > _TOLD:
        logger.warning("%s: %d more rows are left out", file, len(left_out) - _TOLD)
    return found


def _judgement(value: Any) -> str | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return str(int(number)) if number in range(6) else None
