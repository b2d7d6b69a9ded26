"""Behaviour histories from a file: checked, cleaned, numbered."""

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from finetune.errors import TrainingDataError
from retrieval.ranking.sequence.history import Counted, Limits, SequenceEvent, as_id, cleaned

logger = logging.getLogger(__name__)

Whole = NDArray[np.int64]
UNKNOWN_KIND = ""
_TOLD = 20


@dataclass(frozen=True)
class Told:
    """One customer's events, cleaned, oldest first."""

    customer: str
    events: list[SequenceEvent]


@dataclass(frozen=True)
class Histories:
    """All customers' events as numbers of items and kinds.

    Attributes:
        customers: ids.
        items: ids of items; their place is their number.
        kinds: of event; the first stands for an unknown one.
        rows: of each customer the items' numbers, oldest first.
        times: of each customer the events' times in seconds, or None where there are none.
        acts: of each customer the kinds' numbers.
    """

    customers: list[str]
    items: list[str]
    kinds: list[str]
    rows: list[Whole]
    times: list[NDArray[np.float64] | None]
    acts: list[Whole]

    def cut(self, ends: Sequence[int]) -> "Histories":
        """The same customers with only their first events, so many of each."""
        pairs = list(zip(self.times, ends, strict=True))
        return Histories(
            self.customers,
            self.items,
            self.kinds,
            [row[:end] for row, end in zip(self.rows, ends, strict=True)],
            [None if times is None else times[:end] for times, end in pairs],
            [row[:end] for row, end in zip(self.acts, ends, strict=True)],
        )

    def events(self, customer: int) -> list[SequenceEvent]:
        """One customer's events, by ids."""
        times = self.times[customer]
        return [
            SequenceEvent(
                self.items[item],
                None if times is None else float(times[place]),
                self.kinds[self.acts[customer][place]] or None,
            )
            for place, item in enumerate(self.rows[customer].tolist())
        ]


def read_histories(path: Path, limits: Limits = Limits()) -> tuple[list[Told], Counted]:
    """Reads ``user_id`` and ``items`` (lists, oldest first), and ``times`` and ``kinds`` if given.

    Args:
        path: Parquet. ``times`` are lists of seconds since 1970 or of timestamps; ``kinds`` lists
            of words. Both may hold nulls.
        limits: what is still taken for a shopper.

    Returns:
        The customers with at least one event, and what cleaning found. A row that cannot be used
        is logged with its number and left out; rows of one customer are joined.

    Raises:
        TrainingDataError: the file is unreadable, lacks a column or has no usable row.
    """
    table = read_columns(path, ("user_id", "items"))
    customers = table["user_id"].to_pylist()
    columns = {
        name: table[name].to_pylist() if name in table.column_names else [None] * len(table)
        for name in ("items", "times", "kinds")
    }
    rows: dict[str, list[SequenceEvent]] = {}
    bad = 0
    for number, value in enumerate(customers):
        try:
            customer, events = _row(value, *(columns[name][number] for name in columns))
        except ValueError as error:
            bad += 1
            if bad <= _TOLD:
                logger.warning("%s, row %d: %s; left out.", path.name, number, error)
            continue
        rows[customer] = rows.get(customer, []) + events
    if bad > _TOLD:
        logger.warning("%s: %d more rows left out.", path.name, bad - _TOLD)
    told: list[Told] = []
    counted = Counted()
    for customer, events in rows.items():
        kept, found = cleaned(events, limits)
        counted += found
        if kept:
            told.append(Told(customer, kept))
    if not told:
        raise TrainingDataError(f"{path}: no row has both a user_id and items.")
    return told, counted


def read_columns(path: Path, needed: Sequence[str]) -> Any:
    """A Parquet file as an Arrow table.

    Raises:
        TrainingDataError: it is unreadable or lacks a column.
    """
    if not path.is_file():
        raise TrainingDataError(f"There is no file {path}.")
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise TrainingDataError(f"{path} is no readable Parquet file: {error}") from error
    for name in needed:
        if name not in table.column_names:
            there = ", ".join(table.column_names)
            raise TrainingDataError(f"{path} has no column {name!r}; it has {there}.")
    return table


def numbered(told: Sequence[Told], items: Sequence[str] = ()) -> Histories:
    """Numbers for items and kinds; ``items`` come first, whether or not anybody had them."""
    seen = Counter(event.item for one in told for event in one.events)
    every = list(dict.fromkeys([*items, *sorted(seen, key=_natural)]))
    kinds = [UNKNOWN_KIND, *sorted({e.kind for one in told for e in one.events if e.kind})]
    number = {item: n for n, item in enumerate(every)}
    act = {kind: n for n, kind in enumerate(kinds)}
    return Histories(
        [one.customer for one in told],
        every,
        kinds,
        [np.array([number[e.item] for e in one.events], dtype=np.int64) for one in told],
        [
            None if one.events[0].at is None else np.array([e.at or 0.0 for e in one.events])
            for one in told
        ],
        [np.array([act[e.kind or ""] for e in one.events], dtype=np.int64) for one in told],
    )


def _natural(item: str) -> tuple[int, str]:
    return (int(item) if item.isascii() and item.isdigit() else 0, item)


def _row(value: Any, items: Any, times: Any, kinds: Any) -> tuple[str, list[SequenceEvent]]:
    customer = as_id(value)
    if customer is None:
        raise ValueError("user_id: missing")
    if items is None:
        raise ValueError("items: missing")
    if not isinstance(items, list):
        raise ValueError(f"items: {str(items)[:40]!r} is no list")
    for name, other in (("times", times), ("kinds", kinds)):
        if other is not None and (not isinstance(other, list) or len(other) != len(items)):
            raise ValueError(f"{name}: not a list of {len(items)}, as many as items")
    events = []
    for place, item in enumerate(map(as_id, items)):
        if item is None:
            raise ValueError("items: one is missing")
        at = _seconds(times[place]) if times else None
        events.append(SequenceEvent(item, at, as_id(kinds[place]) if kinds else None))
    return customer, events


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.timestamp()
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.inf
    if not math.isfinite(seconds):
        raise ValueError(f"times: {value!r} is no time")
    return seconds
