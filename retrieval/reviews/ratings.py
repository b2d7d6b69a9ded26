"""Compares ratings of unlike numbers of reviews."""

from collections.abc import Sequence

from retrieval.candidate import ReviewEvidence

STRENGTH = 2.0
"""What is usual among the products counts as much as so many reviews."""


def weighed(evidence: Sequence[ReviewEvidence]) -> list[float]:
    """A rating for each product, drawn towards the mean of all, the more the fewer reviewed it:
    one review of five stars does not beat sixty of 4.8. Doubtful reviews count as none."""
    counts = [max(0, one.count - one.suspected) for one in evidence]
    ratings = [one.rating or 0.0 for one in evidence]
    total = sum(counts)
    stars = sum(n * r for n, r in zip(counts, ratings, strict=True))
    usual = stars / total if total else sum(ratings) / max(1, len(ratings))
    return [
        (n * rating + STRENGTH * usual) / (n + STRENGTH)
        for n, rating in zip(counts, ratings, strict=True)
    ]
