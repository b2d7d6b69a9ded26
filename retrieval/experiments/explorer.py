"""Gives new products a place now and then, so that it is found out who likes them.

Thompson sampling (Thompson 1933; Chapelle & Li 2011, "An empirical evaluation of Thompson
sampling"): of the newcomers the one is shown whose click rate, drawn from what is known of it,
comes out highest. What was shown often and not clicked is drawn low and gives way to others.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from retrieval.candidate import Candidate, Evidence
from retrieval.constraints import Constraints
from retrieval.ranking.diversity import within_twin_limit
from retrieval.ranking.evidence import NEW_DAYS
from retrieval.ranking.popularity import Popularity, Standing
from retrieval.ranking.profile import day_of

KNOWN = 50.0
"""Looks (impressions, each worth its place's propensity) after which a product is no newcomer."""
LEAST_QUALITY = 0.5
"""Share of the best score in the list below which a newcomer is not tried."""
LEAST_RELEVANCE = 0.8
"""The same for how well it matches the words that were searched for."""
USUAL_RATE, STRENGTH = 0.05, 20.0
"""The click rate that is expected of a product nobody has seen, and how firmly."""


class Explorer:
    """Args:
    share: of the lists that known customers are shown, how many give a newcomer the last place.
    """

    def __init__(
        self,
        popularity: Popularity,
        share: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._popularity = popularity
        self._share = share
        self._now = now

    def explore(
        self,
        kept: Sequence[Candidate],
        shown: Sequence[Candidate],
        wanted: Constraints,
        customer_id: str | None,
    ) -> list[Candidate]:
        """The list, now and then with its last place given to a newcomer among the candidates.

        The same customer, question and day give the same list. Those who are not signed in are
        shown no newcomers for trial: the lists of customers suffice for that.
        """
        shown = list(shown)
        if not self._share or customer_id is None or len(shown) < 3 or len(kept) <= len(shown):
            return shown
        now = self._now()
        seed = f"{customer_id}|{now.date()}|{wanted.model_dump_json()}"
        dice = Random(seed)  # noqa: S311
        if dice.random() >= self._share:
            return shown
        listed = {c.id for c in shown}
        floor = LEAST_QUALITY * max(c.score for c in shown)
        match = LEAST_RELEVANCE * shown[-1].fused if wanted.query else 0.0
        standings = self._popularity.standings([c.id for c in kept], day_of(now))
        if all(_is_unseen(standings[c.id]) for c in shown):
            return shown  # everything is new: there is nothing to give way
        newcomers = [
            c
            for c in kept
            if c.id not in listed and c.score >= floor and c.fused >= match
            if _is_unseen(standings[c.id]) and _is_new(c, standings[c.id], now)
        ]
        drawn = sorted(newcomers, key=lambda c: -_draw(standings[c.id], dice))
        for candidate in drawn:
            mixed = [*shown[:-1], candidate]
            if within_twin_limit(mixed):
                if candidate.product.created_at is None:
                    candidate.evidence.append(Evidence("new", "new_never_shown", {}))
                return mixed
        return shown


def _is_unseen(standing: Standing) -> bool:
    return math.expm1(standing.exposure) < KNOWN


def _is_new(candidate: Candidate, standing: Standing, now: datetime) -> bool:
    """Listed lately, or, where that is not known, never shown to anybody."""
    listed = candidate.product.created_at
    if listed is None:
        return standing.exposure == 0.0
    return timedelta(0) <= now - listed <= timedelta(days=NEW_DAYS)


def _draw(standing: Standing, dice: Random) -> float:
    """A click rate that may well be this product's."""
    looks = math.expm1(standing.exposure) + STRENGTH
    rate = min(0.95, USUAL_RATE * math.exp(standing.click_lift))
    return dice.betavariate(rate * looks, (1 - rate) * looks)
