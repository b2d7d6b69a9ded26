"""Heeds what reviews say of the aspects that matter to a shopper: leaves out, and puts first."""

from collections.abc import Sequence

from retrieval.candidate import AspectEvidence, Candidate

LEAST_MENTIONS = 2
"""A single complaint is not enough evidence."""
BAD_SENTIMENT = -0.1
GOOD_SENTIMENT = 0.2
CLOSE = 0.6
"""Share of the best search score from which a product counts as matching the words too."""
MANY_TIMES = 2
"""Complaints for each praise from which a product counts as bad, however good its like are; where
most reviews praise the aspect, one for each and one more."""
BAD_SHARE = 0.35
"""Complaints among the mentions from which a product counts as bad, whatever the mean."""


def is_bad(aspect: AspectEvidence) -> bool:
    """Whether the evidence is enough to say that a product is bad on this aspect.

    Of some aspects half of all reviews complain, of sizing in a fashion shop for one: there a
    product is bad that is worse than usual, or nearly every product would be.
    """
    if aspect.negative < LEAST_MENTIONS:
        return False
    # What is usual elsewhere takes nothing of this back.
    times = MANY_TIMES if aspect.usual < 0 else 1
    if aspect.negative >= times * aspect.positive and aspect.negative > aspect.positive:
        return True
    usual = min(0.0, aspect.usual)
    if aspect.sentiment <= usual + BAD_SENTIMENT:
        return True
    often = aspect.negative >= BAD_SHARE * aspect.mentions
    return often and aspect.sentiment < aspect.usual + BAD_SENTIMENT


def avoid(candidates: Sequence[Candidate], aspects: Sequence[str]) -> list[Candidate]:
    """The candidates, in order, without those that are bad on one of the aspects.

    A product that no review judges on an aspect stays; the evidence says that none is known.
    """
    return [c for c in candidates if not any(_complained_of(c, name) for name in aspects)]


def praised_first(
    candidates: Sequence[Candidate], aspects: Sequence[str], query: str = ""
) -> list[Candidate]:
    """The candidates with those first that reviews praise on all of the aspects; else as before.

    Where words were searched for, what matches them far worse than the best is not moved up.
    """
    best = max((c.fused for c in candidates), default=0.0)

    def follows(candidate: Candidate) -> bool:
        far = bool(query) and candidate.fused < CLOSE * best
        return far or not is_praised(candidate, aspects)

    return sorted(candidates, key=follows)


def is_praised(candidate: Candidate, aspects: Sequence[str]) -> bool:
    """Whether reviews praise it on each of the aspects, more than once."""
    found = [candidate.reviews.aspect(name) if candidate.reviews else None for name in aspects]
    return all(
        one is not None
        and one.positive >= LEAST_MENTIONS
        and one.positive > one.negative
        and one.sentiment >= GOOD_SENTIMENT
        and not is_bad(one)
        for one in found
    )


def _complained_of(candidate: Candidate, name: str) -> bool:
    evidence = candidate.reviews.aspect(name) if candidate.reviews else None
    return evidence is not None and is_bad(evidence)
