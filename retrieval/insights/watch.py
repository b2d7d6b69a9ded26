"""Watches what reviews say for turns for the worse: products, departments and the whole shop."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from retrieval.insights.change import Change, Mention, changes
from retrieval.reviews.suspicion import DAMPING
from retrieval.store.alarm_store import Alarm, AlarmStore
from retrieval.store.insight_store import InsightStore, Said

NAMED = 50
"""Ids of reviews named in one alarm, at most; the newest."""
Series = tuple[str, str, str]
"""Scope, key and aspect."""


@dataclass(slots=True)
class _Share:
    count: int = 0
    complaints: int = 0

    @property
    def usual(self) -> float:
        return (self.complaints + 1) / (self.count + 5)


def watch(insights: InsightStore, alarms: AlarmStore, notify: bool) -> list[Alarm]:
    """Goes through all reviews and keeps the alarms that are new; those are given.

    An alarm is known by its series and the review it began with: it is raised once, however often
    the reviews are gone through. ``notify`` also puts a message into the outbox.
    """
    usual: dict[str, _Share] = defaultdict(_Share)
    for said in insights.said():
        share = usual[said.aspect]
        share.count += 1
        share.complaints += said.polarity < 0
    expected = {aspect: share.usual for aspect, share in usual.items()}
    return alarms.keep(find_alarms(insights.said(), expected), notify)


def find_alarms(said: Iterable[Said], usual: dict[str, float]) -> list[Alarm]:
    """The alarms in what reviews say, given in the order of time within each aspect.

    ``usual`` is the share of complaints to be expected of an aspect before anything is known.
    """
    series: dict[Series, list[Mention]] = defaultdict(list)
    for one in said:
        weight = DAMPING if one.suspected else 1.0
        mention = Mention(one.review_id, one.day, one.polarity < 0, weight)
        for key in _series_of(one):
            series[key].append(mention)
    found = [
        _alarm(key, change)
        for key, mentions in series.items()
        for change in changes(mentions, usual.get(key[2], 0.2))
    ]
    return sorted(found, key=lambda alarm: (alarm.raised_at, alarm.id))


def _series_of(said: Said) -> Iterable[Series]:
    yield "product", said.product_id, said.aspect
    if said.department is not None:
        yield "department", said.department, said.aspect
    yield "shop", "", said.aspect


def _alarm(key: Series, change: Change) -> Alarm:
    scope, name, aspect = key
    made = "\n".join((*key, change.review_ids[0]))
    return Alarm(
        id=sha256(made.encode()).hexdigest()[:32],
        scope=scope,
        key=name,
        aspect=aspect,
        began=_moment(change.began),
        raised_at=_moment(change.raised),
        before=round(change.before, 3),
        since=round(change.since, 3),
        mentions=change.mentions,
        complaints=len(change.review_ids),
        review_ids=list(change.review_ids[-NAMED:]),
    )


def _moment(day: int) -> datetime:
    return datetime.fromtimestamp(day * 86_400, UTC)
