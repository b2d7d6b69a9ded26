"""Next-item prediction: how high a sequence model ranks what customers really had next."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evals.errors import DataError
from retrieval.ranking.sequence.history import SequenceEvent
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
    model: SequenceModel, histories: Mapping[str, History], targets: Mapping[str, str]
) -> NextItemFigures:
    """Ranks the whole catalogue for every customer that has a target.

    Args:
        model: what ``shopkeeper train sequence`` wrote.
        histories: by customer, oldest event first. A customer without any is one with no events.
        targets: by customer, what came next. An item that the model does not know counts as
            missed.
    """
    return figures(ranks(model, [(histories.get(c, []), item) for c, item in targets.items()]))


def by_length(
    model: SequenceModel, histories: Mapping[str, History], targets: Mapping[str, str]
) -> dict[int, NextItemFigures]:
    """Cold start: figures when only the last 0, 1, 2, 5 events of each customer are known."""
    pairs = [(histories.get(c, []), item) for c, item in targets.items()]
    return {
        known: figures(
            ranks(model, [(h[len(h) - known :], item) for h, item in pairs if len(h) >= known])
        )
        for known in (0, 1, 2, 5)
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
    """Parquet with ``user_id`` and ``items``; ``times`` and ``kinds`` count where they are there.

    Raises:
        DataError: the file is unreadable or lacks a column.
    """
    table = _table(path, ("user_id", "items"))
    rows = table.to_pylist()
    result: dict[str, History] = {}
    for number, row in enumerate(rows):
        items = row["items"]
        if row["user_id"] is None or items is None or None in items:
            _warn(path, number, "user_id or items: missing")
            continue
        times = row.get("times") or [None] * len(items)
        kinds = row.get("kinds") or [None] * len(items)
        if not len(items) == len(times) == len(kinds):
            _warn(path, number, "times or kinds: not as many as items")
            continue
        result[str(row["user_id"])] = [
            SequenceEvent(str(item), _seconds(at), kind)
            for item, at, kind in zip(items, times, kinds, strict=True)
        ]
    return result


def read_targets(path: Path) -> dict[str, str]:
    """Parquet with ``user_id`` and ``target``.

    Raises:
        DataError: the file is unreadable, lacks a column or has no usable row.
    """
    table = _table(path, ("user_id", "target"))
    result: dict[str, str] = {}
    pairs = zip(table["user_id"].to_pylist(), table["target"].to_pylist(), strict=True)
    for number, (customer, item) in enumerate(pairs):
        if customer is None or item is None:
            _warn(path, number, "user_id or target: missing")
        else:
            result[str(customer)] = str(item)
    if not result:
        raise DataError(f"{path}: no row has both a user_id and a target.")
    return result


def _table(path: Path, needed: Sequence[str]) -> Any:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} is no readable Parquet file: {error}") from error
    for name in needed:
        if name not in table.column_names:
            raise DataError(
                f"{path} has no column {name!r}; it has {', '.join(table.column_names)}."
            )
    return table


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def _warn(path: Path, row: int, reason: str) -> None:
    logger.warning("%s, row %d: %s; left out.", path.name, row, reason)
