"""A customer's past: events in order, cleaned and bounded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONGEST_GAP_STEP = 16
_GAP_BASE = 60.0


@dataclass(frozen=True, slots=True)
class SequenceEvent:
    """One thing a customer did with one item.

    Attributes:
        item: the item's id.
        at: when, in seconds since 1970; None where it is not known.
        kind: what was done, such as ``view`` or ``purchase``; None where it is not known.
    """

    item: str
    at: float | None = None
    kind: str | None = None


def as_id(value: object) -> str | None:
    """An id as text; None where there is none.

    A column of whole numbers with a gap is read as 7.0 where another file says 7: both are "7".
    """
    if value is None or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.strip() or None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many events cleaning left out or mended."""

    duplicates: int = 0
    repeats: int = 0
    flooded: int = 0
    times_filled: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            self.duplicates + other.duplicates,
            self.repeats + other.repeats,
            self.flooded + other.flooded,
            self.times_filled + other.times_filled,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still taken for a shopper.

    Attributes:
        repeats: of one item right after one another that still say something.
        per_hour: events; a customer with more is a bot or a shared till, and only so many of each
            hour stay. Events of one moment (a basket) count as one.
    """

    repeats: int = 2
    per_hour: int = 120


def cleaned(
    events: Sequence[SequenceEvent], limits: Limits = Limits()
) -> tuple[list[SequenceEvent], Counted]:
    """Events in order of time, without duplicates, repeats and floods, no time missing.

    An event told twice (same item, moment and kind) stays once. Where only some have a time, the
    others get one between their neighbours' times; where none has, the order given holds.
    """
    filled, mended = _with_times(events)
    kept: list[SequenceEvent] = []
    seen: set[SequenceEvent] = set()
    duplicates = repeats = flooded = run = moments = 0
    hour = -1.0
    moment: float | None = None
    for event in filled:
        if event.at is not None:
            if event in seen:
                duplicates += 1
                continue
            seen.add(event)
            if event.at // 3600 != hour:
                hour, moments, moment = event.at // 3600, 0, None
            moments += event.at != moment
            moment = event.at
            if moments > limits.per_hour:
                flooded += 1
                continue
        run = run + 1 if kept and kept[-1].item == event.item else 1
        if run > limits.repeats:
            repeats += 1
            continue
        kept.append(event)
    return kept, Counted(duplicates, repeats, flooded, mended)


def _with_times(events: Sequence[SequenceEvent]) -> tuple[list[SequenceEvent], int]:
    known = [number for number, event in enumerate(events) if event.at is not None]
    if not known:
        return list(events), 0
    times = np.interp(
        range(len(events)), known, [float(events[number].at or 0.0) for number in known]
    )
    timed = [
        event if event.at is not None else SequenceEvent(event.item, float(at), event.kind)
        for event, at in zip(events, times, strict=True)
    ]
    return sorted(timed, key=lambda event: event.at or 0.0), len(events) - len(known)


def slice_numbers(
    times: NDArray[np.float64] | None, count: int, window: int, gap_hours: float
) -> NDArray[np.int64]:
    """The number of each event's time slice, from 0.

    Args:
        times: seconds, ascending, (count,); None where they are not known.
        count: of events.
        window: events in a slice where there are no times.
        gap_hours: a pause longer than that starts a new slice.
    """
    if times is None:
        return np.arange(count) // window
    return np.concatenate([[0], (np.diff(times) > gap_hours * 3600).cumsum()])[:count]


def step_numbers(times: NDArray[np.float64] | None, count: int) -> NDArray[np.int64]:
    """The number of each event's moment, from 0: events of one time, a basket, share one."""
    if times is None:
        return np.arange(count)
    return np.concatenate([[0], (np.diff(times) > 0).cumsum()])[:count]


def gap_steps(times: NDArray[np.float64] | None, count: int) -> NDArray[np.int64]:
    """How long ago the event before was, in powers of three of a minute; 0: unknown, 1: under one.

    The first event, which has none before, has 0.
    """
    steps = np.zeros(count, dtype=np.int64)
    if times is not None and count > 1:
        gaps = np.maximum(np.diff(times) / _GAP_BASE, 1e-9)
        steps[1:] = np.clip(np.floor(np.log(gaps) / np.log(3)) + 2, 1, LONGEST_GAP_STEP)
    return steps
