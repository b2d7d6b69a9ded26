"""Other ways to say an example: back-translations and paraphrases that a file brings."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from assistant.understanding.intent_model import prepare
from finetune.errors import TrainingDataError
from finetune.text.examples import Example, read_columns

logger = logging.getLogger(__name__)

Variants = Mapping[str, Sequence[str]]
"""A text, case folded → what may stand in its place."""


def read_variants(file: Path) -> Variants:
    """Reads a Parquet, CSV or JSONL file with the columns ``text`` and ``variant``.

    A text may have several rows. Rows that lack one of the two, or say the same twice, are left
    out and logged with their number.

    Raises:
        TrainingDataError: the file is unreadable, of another kind, without one of the columns, or
            has no usable row.
    """
    found: dict[str, list[str]] = defaultdict(list)
    table = read_columns(file, "text", "variant")
    for row, *cells in zip(table.rows, *table.columns, strict=True):
        text, variant = (prepare(str(cell)) if cell is not None else "" for cell in cells)
        key = text.casefold()
        if not text or not variant:
            logger.warning("%s: row %d: no %s", file, row, "variant" if text else "text")
        elif variant.casefold() == key:
            logger.warning("%s: row %d: variant: the text itself", file, row)
        elif variant not in found[key]:
            found[key].append(variant)
    if not any(found.values()):
        raise TrainingDataError(f"{file} holds no row with both a text and a variant of it.")
    return found


def fitting(variants: Variants, examples: Iterable[Example]) -> Variants:
    """Those of ``variants`` that belong to ``examples`` and are none of them themselves.

    What is an example already has a label, and may stand in a part that training must not see.
    """
    known = {example.text.casefold() for example in examples}
    fit = {
        text: kept
        for text, several in variants.items()
        if text in known and (kept := [v for v in several if v.casefold() not in known])
    }
    if strange := len(variants) - len(fit):
        logger.warning("variants of %d texts are not used: no example, or one already", strange)
    return fit


def exchanged(
    examples: Sequence[Example], variants: Variants, rate: float, random: Random
) -> Sequence[Example]:
    """``examples``, of which each that has variants is replaced by one of them at ``rate``."""
    return [
        replace(example, text=random.choice(several))
        if (several := variants.get(example.text.casefold())) and random.random() < rate
        else example
        for example in examples
    ]
