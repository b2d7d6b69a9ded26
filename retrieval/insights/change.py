"""Notices when complaints become more frequent: the odds that they have, mention by mention.

A series has a share of complaints that nobody knows, and from some day on perhaps a larger one.
All shares, all sizes of shift and all days are weighed at once, each by how well it explains what
was said (Shiryaev 1963 for the odds; Adams & MacKay 2007, "Bayesian online changepoint detection",
for shares that are not known); an alarm is raised where the odds for a shift pass ``LIMIT``. No
bucket of time is needed, so that an alarm comes with the review that settles it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LIMIT = 1.75
"""Logarithm of the odds."""
VOLUME, GROWTH = 200, 0.5
"""From so many mentions on the limit grows with their logarithm: a series in which much is said
would else pass it by chance, sooner or later."""
SHIFTS_A_DAY = 1 / 2000
SAME_DAY = 0.3
"""Days that count as passed between two mentions of one day."""
GROWN = (0.25, 0.4, 0.55)
"""By how much a share may have grown."""
PRIOR_MENTIONS = 12.0
"""What is usual elsewhere counts as much as so many mentions."""
LEAST_HISTORY = 8
"""Mentions before a shift, without which nobody knows what is usual. Bad from the beginning is no
change."""
LEAST_COMPLAINTS = 3
_BLOCK = 2048
_USUAL = (0.02, 0.9)
_STEPS = ((200, 0.05), (1000, 0.025), (10**12, 0.0125))
"""By how many mentions at most, how far apart the shares lie that are weighed. Shares before and
after a shift lie on the same points: a share between two points would else look like a shift."""
_MOST = 0.98

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mention:
    """That a review speaks of something; ``weight`` is below 1 where it may not be genuine."""

    review_id: str
    day: int
    """Days since 1970-01-01 UTC."""
    complains: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """A turn for the worse."""

    began: int
    raised: int
    """Days since 1970-01-01 UTC: of the first complaint and of the last review of the run."""
    before: float
    since: float
    """Shares of complaints before the run and in it."""
    mentions: int
    review_ids: tuple[str, ...]
    """The complaints of the run, oldest first."""
    score: float


class _Said(NamedTuple):
    """A series as arrays, each ``(mentions,)``."""

    complains: NDArray[np.bool_]
    weight: Numbers
    chance: Numbers
    """Logarithm of the chance that a shift came right before the mention."""


def changes(
    mentions: Iterable[Mention], usual: float = 0.2, limit: float = LIMIT
) -> Iterator[Change]:
    """All changes of one series, whose mentions come in the order of time.

    Args:
        usual: share of complaints to be expected before anything was said.
    """
    rest = list(mentions)
    while found := _first(rest, usual, limit):
        change, end = found
        yield change
        # From here on the new level is what is usual: a second alarm says that it grew worse still.
        rest, usual = rest[end:], change.since


def _first(mentions: Sequence[Mention], usual: float, limit: float) -> tuple[Change, int] | None:
    """The first change, and the place after its last mention."""
    late = mentions[LEAST_HISTORY:]
    if sum(mention.complains for mention in late) < LEAST_COMPLAINTS:
        return None
    days = np.array([mention.day for mention in mentions], dtype=np.float64)
    gaps = np.maximum(np.diff(days, prepend=days[0]), 0.0) + SAME_DAY
    said = _Said(
        np.array([mention.complains for mention in mentions]),
        np.array([mention.weight for mention in mentions]),
        np.log(SHIFTS_A_DAY / len(GROWN) * gaps),
    )
    said.chance[:LEAST_HISTORY] = -np.inf
    for place, odds, share, grown in _passing(said, usual, limit):
        start = _start(said, place, share, grown)
        run = mentions[start : place + 1]
        complaints = [mention for mention in run if mention.complains]
        before = _share(mentions[:start])
        since = _share(run)
        if len(complaints) < LEAST_COMPLAINTS or since <= before:
            continue
        change = Change(
            began=complaints[0].day,
            raised=run[-1].day,
            before=before,
            since=since,
            mentions=len(run),
            review_ids=tuple(mention.review_id for mention in complaints),
            score=odds,
        )
        return change, place + 1
    return None


def _passing(said: _Said, usual: float, limit: float) -> Iterator[tuple[int, float, float, float]]:
    """The places where the odds pass the limit, with the odds, and the share before and the growth
    that explain it best."""
    usual = min(_USUAL[1], max(_USUAL[0], usual))
    step = next(step for most, step in _STEPS if len(said.complains) <= most)
    shares, grown = np.arange(step / 2, 0.95, step), np.array(GROWN)
    later = np.minimum(shares[:, None] + grown, _MOST)
    prior = (usual * PRIOR_MENTIONS - 1) * np.log(shares)
    prior = prior + ((1 - usual) * PRIOR_MENTIONS - 1) * np.log(1 - shares)
    unchanged = prior - np.logaddexp.reduce(prior)
    changed = np.full(later.shape, -np.inf)
    count = len(said.complains)
    for first in range(0, count, _BLOCK):
        block = slice(first, min(count, first + _BLOCK))
        tells, weight = said.complains[block, None], said.weight[block, None]
        same = weight * np.where(tells, np.log(shares), np.log(1 - shares))
        worse = weight[..., None] * np.where(tells[..., None], np.log(later), np.log(1 - later))
        as_before = unchanged + np.cumsum(same, axis=0)
        since = np.cumsum(worse, axis=0)
        begins = (as_before - same)[..., None] - (since - worse)
        begins += said.chance[block, None, None]
        shifted = since + np.logaddexp(changed, np.logaddexp.accumulate(begins, axis=0))
        odds = np.logaddexp.reduce(shifted, axis=(1, 2)) - np.logaddexp.reduce(as_before, axis=1)
        places = np.arange(block.start, block.stop)
        limits = limit + GROWTH * np.log(np.maximum(1.0, (places + 1) / VOLUME))
        for at in np.flatnonzero(odds > limits):
            share, growth = np.unravel_index(int(shifted[at].argmax()), later.shape)
            yield int(places[at]), float(odds[at]), float(shares[share]), float(grown[growth])
        unchanged, changed = as_before[-1], shifted[-1]


def _start(said: _Said, place: int, share: float, grown: float) -> int:
    """Where the run up to ``place`` most likely began, given the shares before and in it."""
    later = min(share + grown, _MOST)
    ratio = np.where(
        said.complains[: place + 1], np.log(later / share), np.log((1 - later) / (1 - share))
    )
    ratio = ratio * said.weight[: place + 1]
    suffix = np.cumsum(ratio[::-1])[::-1] + said.chance[: place + 1]
    return int(suffix.argmax())


def _share(mentions: Sequence[Mention]) -> float:
    weight = sum(mention.weight for mention in mentions)
    return sum(mention.weight for mention in mentions if mention.complains) / max(weight, 1e-9)
