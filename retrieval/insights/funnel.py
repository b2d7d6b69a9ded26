"""From what was shown to what was bought, over time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from retrieval.events.event import EventType
from retrieval.insights.trends import start_of
from retrieval.store.traffic_store import DayCount, moment_of

Bucket = Literal["day", "week", "month"]
STAGES = (EventType.IMPRESSION, EventType.CLICK, EventType.ADD_TO_CART, EventType.PURCHASE)


@dataclass(slots=True)
class FunnelStep:
    """Counts of events in one stretch of time."""

    start: date
    impressions: int = 0
    clicks: int = 0
    carts: int = 0
    purchases: int = 0

    def add(self, kind: EventType, count: int) -> None:
        """Counts events; those of no stage are passed over."""
        if kind is EventType.IMPRESSION:
            self.impressions += count
        elif kind is EventType.CLICK:
            self.clicks += count
        elif kind is EventType.ADD_TO_CART:
            self.carts += count
        elif kind is EventType.PURCHASE:
            self.purchases += count


def funnel(counts: Iterable[DayCount], bucket: Bucket) -> list[FunnelStep]:
    """The steps in order of time; a stretch without events is missing."""
    steps: dict[date, FunnelStep] = {}
    for one in counts:
        if one.type in STAGES:
            start = moment_of(one.day).date() if bucket == "day" else start_of(one.day, bucket)
            steps.setdefault(start, FunnelStep(start)).add(one.type, one.count)
    return [steps[start] for start in sorted(steps)]
