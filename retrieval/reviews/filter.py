"""Leaves out products of which reviews complain on an aspect that the shopper wants to avoid."""

from collections.abc import Sequence

from retrieval.candidate import AspectEvidence, Candidate

LEAST_MENTIONS = 2
"""A single complaint is not enough evidence."""
BAD_SENTIMENT = -0.1
BAD_SHARE = 0.35
"""Complaints among the mentions from which a product counts as bad, whatever the mean."""


def is_bad(aspect: AspectEvidence) -> bool:
    """Whether the evidence is enough to say that a product is bad on this aspect."""
    if aspect.negative < LEAST_MENTIONS:
        return False
    return aspect.sentiment <= BAD_SENTIMENT or aspect.negative >= BAD_SHARE * aspect.mentions


def avoid(candidates: Sequence[Candidate], aspects: Sequence[str]) -> list[Candidate]:
    """The candidates, in order, without those that are bad on one of the aspects.

    A product that no review judges on an aspect stays; the evidence says that none is known.
    """
    return [c for c in candidates if not any(_complained_of(c, name) for name in aspects)]


def _complained_of(candidate: Candidate, name: str) -> bool:
    evidence = candidate.reviews.aspect(name) if candidate.reviews else None
    return evidence is not None and is_bad(evidence)
