"""Sentiment over time in weeks or months."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from retrieval.store.insight_store import DaySum

Bucket = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class Point:
    """One week (from Monday) or month of a series; ``sentiment`` is a mean in [-1, 1]."""

    start: date
    reviews: int
    positive: int
    negative: int
    sentiment: float


@dataclass(frozen=True, slots=True)
class Trendline:
    """A product, department, aspect or the shop over time; weeks without reviews are left out."""

    key: str
    reviews: int
    points: list[Point]


def trendlines(sums: Iterable[DaySum], bucket: Bucket, at_most: int = 50) -> list[Trendline]:
    """The series of daily sums, those with most reviews first."""
    cells: dict[str, dict[date, list[DaySum]]] = defaultdict(lambda: defaultdict(list))
    for one in sums:
        cells[one.key][start_of(one.day, bucket)].append(one)
    lines = [
        Trendline(
            key,
            sum(d.reviews for days in buckets.values() for d in days),
            [_point(start, days) for start, days in sorted(buckets.items())],
        )
        for key, buckets in cells.items()
    ]
    lines.sort(key=lambda line: (-line.reviews, line.key))
    return lines[:at_most]


def start_of(day: int, bucket: Bucket) -> date:
    """The first day of the week or month that a day since 1970-01-01 lies in."""
    moment = datetime.fromtimestamp(day * 86_400, UTC).date()
    if bucket == "month":
        return moment.replace(day=1)
    return moment - timedelta(days=moment.weekday())


def _point(start: date, days: list[DaySum]) -> Point:
    reviews = sum(d.reviews for d in days)
    total = sum(d.total for d in days)
    return Point(
        start,
        reviews,
        sum(d.positive for d in days),
        sum(d.negative for d in days),
        round(total / max(1, reviews), 3),
    )
