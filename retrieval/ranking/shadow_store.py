"""What a shadow made of the lists that were shown, and how it stands to what was clicked."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, insert, select

from retrieval.events.event import EventType
from retrieval.ranking.shadow import Scored, ShadowList
from retrieval.store.base import Sessions
from retrieval.store.tables import EventRow, ShadowListRow

KEPT = 10_000
"""The latest lists that are kept, of all versions together."""
CLICK_WITHIN = timedelta(minutes=30)
LEAST_EXAMINATION = 0.05
Z = 1.96

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """One version against the ranking that was live meanwhile."""

    version: str
    since: datetime
    lists: int
    correlation: float
    """Mean Spearman correlation of the two orders of all candidates."""
    same_first: float
    """Share of lists whose best candidate is the same."""
    top_overlap: float
    """Mean share of the live first five that the shadow has there too."""
    clicked: int
    """Lists of which something was clicked; of these is what follows."""
    ndcg_live: float
    """Mean NDCG of the shown products by the live score; a click counts for as much as its place
    was unlikely to be looked at."""
    ndcg_shadow: float
    gain: float
    """The second less the first."""
    gain_interval: Interval
    """It lies there with a probability of 95 %."""


class ShadowStore:
    """Lists by the order of time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def add(self, lists: Sequence[ShadowList]) -> None:
        """Keeps lists, and lets go of the oldest."""
        rows = [
            {
                "version": one.version,
                "customer_id": one.shopper_id,
                "at": one.at,
                "correlation": one.correlation,
                "same_first": one.same_first,
                "top_overlap": one.top_overlap,
                "shown": [[s.product_id, s.live, s.shadow, s.examination] for s in one.shown],
            }
            for one in lists
        ]
        if not rows:
            return
        with self._sessions.begin() as session:
            session.execute(insert(ShadowListRow), rows)
            last = session.scalar(select(func.max(ShadowListRow.id))) or 0
            session.execute(delete(ShadowListRow).where(ShadowListRow.id <= last - KEPT))

    def reports(self) -> list[ShadowReport]:
        """One for each version that ran as a shadow, the latest first."""
        with self._sessions() as session:
            rows = list(session.scalars(select(ShadowListRow).order_by(ShadowListRow.id.desc())))
            if not rows:
                return []
            clicks = select(EventRow.customer_id, EventRow.product_id, EventRow.at).where(
                EventRow.type == EventType.CLICK.value, EventRow.at >= rows[-1].at
            )
            clicked: dict[tuple[str, str], list[datetime]] = {}
            for customer, product, at in session.execute(clicks.order_by(EventRow.at)):
                clicked.setdefault((customer, product), []).append(at)
        versions: dict[str, list[ShadowListRow]] = {}
        for row in rows:
            versions.setdefault(row.version, []).append(row)
        return [_report(version, own, clicked) for version, own in versions.items()]

    # Personal data

    def export(self, customer_id: str) -> list[dict[str, Any]]:
        """Which lists of a customer a shadow scored."""
        query = select(ShadowListRow).where(ShadowListRow.customer_id == customer_id)
        with self._sessions() as session:
            return [
                {"product_ids": [one[0] for one in row.shown], "at": row.at.isoformat()}
                for row in session.scalars(query.order_by(ShadowListRow.id))
            ]

    def erase(self, customer_id: str) -> None:
        with self._sessions.begin() as session:
            session.execute(delete(ShadowListRow).where(ShadowListRow.customer_id == customer_id))


def _report(
    version: str, rows: Sequence[ShadowListRow], clicked: dict[tuple[str, str], list[datetime]]
) -> ShadowReport:
    agreement = np.array([(r.correlation, r.same_first, r.top_overlap) for r in rows])
    correlation, same_first, top_overlap = agreement.mean(axis=0).tolist()
    pairs = []
    for row in rows:
        shown = [Scored(*one) for one in row.shown]
        gains = np.array([_gain(one, row, clicked) for one in shown])
        if gains.any():
            sides = [np.array([s.live for s in shown]), np.array([s.shadow for s in shown])]
            pairs.append([_ndcg(gains, scores) for scores in sides])
    table = np.array(pairs).reshape(-1, 2)
    live, shadow = table.mean(axis=0).tolist() if pairs else (0.0, 0.0)
    gain, spread = shadow - live, math.inf
    if len(pairs) > 1:
        spread = Z * float(np.std(table[:, 1] - table[:, 0], ddof=1)) / math.sqrt(len(pairs))
    return ShadowReport(
        version=version,
        since=rows[-1].at,
        lists=len(rows),
        correlation=correlation,
        same_first=same_first,
        top_overlap=top_overlap,
        clicked=len(pairs),
        ndcg_live=live,
        ndcg_shadow=shadow,
        gain=gain,
        gain_interval=(max(-1.0, gain - spread), min(1.0, gain + spread)),
    )


def _gain(one: Scored, row: ShadowListRow, clicked: dict[tuple[str, str], list[datetime]]) -> float:
    times = clicked.get((row.customer_id, one.product_id), [])
    first = bisect_left(times, row.at)
    if first == len(times) or times[first] > row.at + CLICK_WITHIN:
        return 0.0
    return 1 / max(one.examination, LEAST_EXAMINATION)


def _ndcg(gains: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    discounts = 1 / np.log2(np.arange(2, len(gains) + 2))
    got = gains[np.argsort(-scores, kind="stable")] @ discounts
    return float(got / (np.sort(gains)[::-1] @ discounts))
