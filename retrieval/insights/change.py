"""Notices when complaints become more frequent: a CUSUM of single mentions.

Every mention adds its log-likelihood ratio between "the odds of a complaint have grown
``ODDS``-fold" and "all is as before"; the sum never falls below zero, and an alarm is raised where
it passes ``LIMIT`` (Page 1954; for single yes-or-no observations Reynolds & Stoumbos 1999). No
bucket of time is needed, so that an alarm comes with the review that settles it. What is usual is
learnt from the mentions before the run, with some caution while they are few.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import log, sqrt

ODDS = 4.0
LIMIT = 7.5
VOLUME = 200
"""From so many mentions on the limit grows with their logarithm: a series in which much is said
would else pass it by chance, sooner or later."""
LEAST_HISTORY = 8
"""Mentions before a run, without which nobody knows what is usual."""
LEAST_COMPLAINTS = 3
PRIOR_MENTIONS = 6.0
"""What is usual elsewhere counts as much as so many mentions."""
MOST_USUAL = 0.9
CAUTION = 1.25
"""Standard errors that the usual share is taken to be higher than it looks."""


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
    """Days since 1970-01-01 UTC: of the first and of the last review of the run."""
    before: float
    since: float
    """Shares of complaints before the run and in it."""
    mentions: int
    review_ids: tuple[str, ...]
    """The complaints of the run, oldest first."""
    score: float


@dataclass(slots=True)
class Cusum:
    """The state of one series; feed it mentions in the order of time."""

    usual: float = 0.2
    """Share of complaints to be expected before anything was said."""
    limit: float = LIMIT
    complaints: float = 0.0
    count: float = 0.0
    score: float = 0.0
    seen: int = 0
    run: list[Mention] = field(default_factory=list)

    def add(self, mention: Mention) -> Change | None:
        """The change that this mention settles, if it does."""
        share = self._share()
        odds = ODDS * share / (1 - share)
        worse = odds / (1 + odds)
        ratio = log(worse / share) if mention.complains else log((1 - worse) / (1 - share))
        self.score += mention.weight * ratio
        self.run.append(mention)
        self.seen += 1
        if self.score <= 0:
            self._settle()
            return None
        complaints = [m for m in self.run if m.complains]
        limit = self.limit + log(max(1.0, self.seen / VOLUME))
        if self.score < limit or len(complaints) < LEAST_COMPLAINTS:
            return None
        if self.count < LEAST_HISTORY:
            # Bad from the beginning is no change: it becomes what is usual here.
            self._settle()
            return None
        change = Change(
            began=complaints[0].day,
            raised=mention.day,
            before=self.complaints / self.count,
            since=len(complaints) / len(self.run),
            mentions=len(self.run),
            review_ids=tuple(m.review_id for m in complaints),
            score=self.score,
        )
        # From here on the new level is what is usual: a second alarm says that it grew worse still.
        self.usual, self.complaints, self.count = change.since, 0.0, 0.0
        self._settle()
        return change

    def _share(self) -> float:
        weight = self.count + PRIOR_MENTIONS
        share = (self.complaints + PRIOR_MENTIONS * self.usual) / weight
        share += CAUTION * sqrt(share * (1 - share) / weight)
        return min(MOST_USUAL, max(0.02, share))

    def _settle(self) -> None:
        """The run was nothing: its mentions are part of what is usual."""
        self.count += sum(m.weight for m in self.run)
        self.complaints += sum(m.weight for m in self.run if m.complains)
        self.score = 0.0
        self.run.clear()


def changes(
    mentions: Iterable[Mention], usual: float = 0.2, limit: float = LIMIT
) -> Iterator[Change]:
    """All changes of one series, whose mentions come in the order of time."""
    series = Cusum(usual, limit)
    for mention in mentions:
        if change := series.add(mention):
            yield change
