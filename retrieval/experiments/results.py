"""What an experiment says, with how sure that is.

Customers are what is drawn by lot, so they are what is counted: rates over impressions get their
interval by the delta method over customers (Deng, Knoblich & Lu 2018, "Applying the delta method in
metric analytics"), shares of customers by Wilson's score interval (Wilson 1927).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from retrieval.events.event import EventType
from retrieval.experiments.experiment import Experiment
from retrieval.experiments.experiment_store import Shown

Z = 1.959964
"""Intervals hold with a probability of 95 %."""
CREDIT_WITHIN = timedelta(days=1)
LEAST_CUSTOMERS = 30
"""With fewer customers on a side nothing is called decided."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the interval it lies in."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What the customers of one arm did, those who were shown anything."""

    customers: int
    impressions: int
    clicks: int
    carts: int
    purchases: int
    click_rate: Estimate
    """Clicks per impression."""
    buyers: Estimate
    """Share of customers who bought."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second arm less the first; decided where the interval leaves out 0."""

    click_rate: Estimate
    buyers: Estimate
    decided: bool
    split_p: float
    """How likely so uneven a split of customers is by chance; below 0.001 something is wrong with
    the assignment, and no figure should be trusted."""


@dataclass(frozen=True, slots=True)
class Duel:
    """Interleaved lists: whose products customers clicked."""

    customers: int
    """With at least one click on either side's product."""
    first: int
    second: int
    ties: int
    preference: Estimate
    """Share of customers, ties left out, who clicked more of the second's products; 0.5 is even."""
    decided: bool


def arm_results(
    experiment: Experiment, sums: Mapping[str, Mapping[EventType, int]]
) -> tuple[list[ArmResult], Comparison]:
    """The two arms and their comparison, from the customers' counts of events."""
    sides: list[list[Mapping[EventType, int]]] = [[], []]
    for customer, counts in sums.items():
        if counts.get(EventType.IMPRESSION):
            side = experiment.arm_of(customer).name == experiment.arms[1].name
            sides[side].append(counts)
    results = [_arm(counts) for counts in sides]
    first, second = results
    spread = [_click_variance(counts) for counts in sides]
    click_rate = _difference(
        first.click_rate.value, second.click_rate.value, math.sqrt(sum(spread))
    )
    shares = [(r.buyers.value, r.customers) for r in results]
    variance = sum(p * (1 - p) / n for p, n in shares if n)
    buyers = _difference(first.buyers.value, second.buyers.value, math.sqrt(variance))
    enough = min(first.customers, second.customers) >= LEAST_CUSTOMERS
    decided = enough and any(_leaves_out_zero(e.interval) for e in (click_rate, buyers))
    split = _split_p(first.customers, second.customers, experiment.arms[0].share)
    return results, Comparison(click_rate, buyers, decided, split)


def duel(
    experiment: Experiment, shown: Sequence[Shown], clicks: Iterable[tuple[str, str, datetime]]
) -> Duel:
    """Credits each click to the side that showed the product last, and counts customers."""
    last: dict[tuple[str, str], list[Shown]] = {}
    for one in shown:
        last.setdefault((one.customer_id, one.product_id), []).append(one)
    credit: dict[str, list[int]] = {}
    for customer, product, at in clicks:
        before = [
            o for o in last.get((customer, product), ()) if o.at <= at <= o.at + CREDIT_WITHIN
        ]
        if before:
            side = before[-1].team == experiment.arms[1].name
            credit.setdefault(customer, [0, 0])[side] += 1
    first = sum(a > b for a, b in credit.values())
    second = sum(b > a for a, b in credit.values())
    preference = share_of(second, first + second)
    decided = first + second >= LEAST_CUSTOMERS and not (
        preference.interval[0] <= 0.5 <= preference.interval[1]
    )
    ties = len(credit) - first - second
    return Duel(len(credit), first, second, ties, preference, decided)


def share_of(part: int, whole: int) -> Estimate:
    """A share with Wilson's interval; anything between 0 and 1 where nothing was counted."""
    if not whole:
        return Estimate(0.0, (0.0, 1.0))
    share = part / whole
    spread = Z * math.sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    middle, scale = share + Z * Z / (2 * whole), 1 + Z * Z / whole
    return Estimate(
        share, (max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))
    )


def _arm(counts: Sequence[Mapping[EventType, int]]) -> ArmResult:
    totals = {kind: sum(one.get(kind, 0) for one in counts) for kind in EventType}
    impressions, clicks = totals[EventType.IMPRESSION], totals[EventType.CLICK]
    rate = clicks / impressions if impressions else 0.0
    spread = Z * math.sqrt(_click_variance(counts))
    bought = sum(bool(one.get(EventType.PURCHASE)) for one in counts)
    return ArmResult(
        len(counts),
        impressions,
        clicks,
        totals[EventType.ADD_TO_CART],
        totals[EventType.PURCHASE],
        Estimate(rate, (max(0.0, rate - spread), min(max(1.0, rate), rate + spread))),
        share_of(bought, len(counts)),
    )


def _click_variance(counts: Sequence[Mapping[EventType, int]]) -> float:
    """Of the ratio of clicks to impressions, over customers; infinite for fewer than two."""
    n = len(counts)
    if n < 2:
        return math.inf if n else 0.0
    pairs = [(one.get(EventType.CLICK, 0), one.get(EventType.IMPRESSION, 0)) for one in counts]
    mean = sum(shown for _, shown in pairs) / n
    ratio = sum(clicks for clicks, _ in pairs) / (n * mean)
    squares = sum((clicks - ratio * shown) ** 2 for clicks, shown in pairs)
    return squares / (n - 1) / (n * mean * mean)


def _difference(first: float, second: float, deviation: float) -> Estimate:
    value, spread = second - first, min(1.0, Z * deviation)
    return Estimate(value, (value - spread, value + spread))


def _leaves_out_zero(interval: Interval) -> bool:
    return interval[0] > 0 or interval[1] < 0


def _split_p(first: int, second: int, share: float) -> float:
    """Chi-square test with one degree of freedom of the sample ratio."""
    whole = first + second
    if not whole:
        return 1.0
    statistic = (first - whole * share) ** 2 / (whole * share * (1 - share))
    return math.erfc(math.sqrt(statistic / 2))
