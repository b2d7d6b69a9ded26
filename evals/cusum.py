"""The detector that the shop ran before: a CUSUM of single mentions, kept to compare with.

Every mention adds its log-likelihood ratio between "the odds of a complaint have grown
``ODDS``-fold" and "all is as before"; the sum never falls below zero, and an alarm is raised where
it passes ``LIMIT`` (Page 1954; for single yes-or-no observations Reynolds & Stoumbos 1999).
"""

from dataclasses import dataclass, field
from math import log, sqrt

from retrieval.insights.change import LEAST_COMPLAINTS, LEAST_HISTORY, Mention

ODDS = 4.0
LIMIT = 7.5
VOLUME = 200
PRIOR_MENTIONS = 6.0
MOST_USUAL = 0.9
CAUTION = 1.25
"""Standard errors that the usual share is taken to be higher than it looks."""


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

    def add(self, mention: Mention) -> bool:
        """Whether this mention settles that complaints have become more frequent."""
        share = self._share()
        odds = ODDS * share / (1 - share)
        worse = odds / (1 + odds)
        ratio = log(worse / share) if mention.complains else log((1 - worse) / (1 - share))
        self.score += mention.weight * ratio
        self.run.append(mention)
        self.seen += 1
        if self.score <= 0:
            self._settle()
            return False
        complaints = sum(m.complains for m in self.run)
        limit = self.limit + log(max(1.0, self.seen / VOLUME))
        if self.score < limit or complaints < LEAST_COMPLAINTS:
            return False
        alarm = self.count >= LEAST_HISTORY
        if alarm:
            self.usual, self.complaints, self.count = complaints / len(self.run), 0.0, 0.0
        self._settle()
        return alarm

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
