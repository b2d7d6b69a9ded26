"""Next-item prediction: how high a sequence model ranks what customers really had next."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.errors import DataError
from finetune.errors import TrainingDataError
from finetune.sequence import histories
from retrieval.ranking.sequence.history import SequenceEvent, as_id
from retrieval.ranking.sequence.model import SequenceModel

logger = logging.getLogger(__name__)

_TOP = 10
_MISSED = 1e9

History = list[SequenceEvent]


class NextItemFigures(NamedTuple):
    """Over ``n`` customers, each with one right item."""

    recall_at_10: float
    ndcg_at_10: float
    n: int


def evaluate(
    model: SequenceModel, known: Mapping[str, History], targets: Mapping[str, str]
) -> NextItemFigures:
    """Ranks the whole catalogue for every customer that has a target.

    Args:
        model: what ``shopkeeper train sequence`` wrote.
        known: by customer, oldest event first. A customer without any is one with no events.
        targets: by customer, what came next. An item that the model does not know counts as
            missed.
    """
    return figures(ranks(model, [(known.get(c, []), item) for c, item in targets.items()]))


def by_length(
    model: SequenceModel, known: Mapping[str, History], targets: Mapping[str, str]
) -> dict[int, NextItemFigures]:
    """Cold start: figures when only the last 0, 1, 2, 5 events of each customer are known."""
    pairs = [(known.get(c, []), item) for c, item in targets.items()]
    return {
        last: figures(
            ranks(model, [(h[len(h) - last :], item) for h, item in pairs if len(h) >= last])
        )
        for last in (0, 1, 2, 5)
    }


def ranks(model: SequenceModel, cases: Sequence[tuple[History, str]]) -> NDArray[np.float64]:
    """(cases,) how many items of the catalogue are ranked above the right one; ties count half."""
    result = np.full(len(cases), _MISSED)
    for row, (history, item) in enumerate(cases):
        number = model.number(item)
        if number is None:
            continue
        past = model.past(history)
        scores = model.catalogue_scores(past)
        model.hide(scores, past)
        right = scores[number]
        if np.isfinite(right):
            level = int((scores == right).sum()) - 1
            result[row] = float((scores > right).sum()) + level / 2
    return result


def figures(found: NDArray[np.float64]) -> NextItemFigures:
    """Recall@10 and NDCG@10, from ``ranks``."""
    if not len(found):
        return NextItemFigures(0.0, 0.0, 0)
    hit = found < _TOP
    gain = float((hit / np.log2(found + 2)).mean())
    return NextItemFigures(round(float(hit.mean()), 4), round(gain, 4), len(found))


def read_histories(path: Path) -> dict[str, History]:
    """By customer, read as for training.

    Raises:
        DataError: the file is unreadable, lacks a column or has no usable row.
    """
    try:
        told, _ = histories.read_histories(path)
    except TrainingDataError as error:
        raise DataError(str(error)) from error
    return {one.customer: one.events for one in told}


def read_targets(path: Path) -> dict[str, str]:
    """Parquet with ``user_id`` and ``target``. A row that cannot be used is logged and left out.

    Raises:
        DataError: the file is unreadable, lacks a column or has no usable row.
    """
    try:
        table = histories.read_columns(path, ("user_id", "target"))
    except TrainingDataError as error:
        raise DataError(str(error)) from error
    result: dict[str, str] = {}
    pairs = zip(table["user_id"].to_pylist(), table["target"].to_pylist(), strict=True)
    for number, (customer, item) in enumerate((as_id(a), as_id(b)) for a, b in pairs):
        if customer is None:
            _warn(path, number, "user_id: missing")
        elif item is None:
            _warn(path, number, "target: missing")
        elif customer in result:
            _warn(path, number, f"user_id: {customer!r} has a target already")
        else:
            result[customer] = item
    if not result:
        raise DataError(f"{path}: no row has both a user_id and a target.")
    return result


def _warn(path: Path, row: int, reason: str) -> None:
    logger.warning("%s, row %d: %s; left out.", path.name, row, reason)
