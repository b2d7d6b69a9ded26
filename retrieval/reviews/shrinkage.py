"""Scores from few reviews: empirical Bayes, with an interval that says how sure they are.

The polarities of a product's mentions scatter round the product's own mean, and the means of a
department's products round the department's. How far each scatters is estimated from the reviews
themselves by the method of moments (Morris 1983, "Parametric empirical Bayes inference"); a
product's score is the mean of both, weighted by how sure each is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

CONFIDENCE = 0.9
_Z = 1.645
LEAST_PRODUCTS = 4
"""With fewer, a department's own mean is not trusted."""
WEAKEST, STRONGEST = 1.0, 30.0
LEAST_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """What the mentions of one product sum up to; ``weight`` counts a fresh, unsuspected one 1."""

    weight: float
    total: float
    """Weighted sum of polarities."""
    squares: float
    """Weighted sum of their squares."""


@dataclass(frozen=True, slots=True)
class Score:
    """A mean polarity in [-1, 1] with its interval of 90 % credibility."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Prior:
    """What is to be expected of a product before anybody has spoken of it."""

    mean: float = 0.0
    strength: float = 3.0
    """Counts as much as so many mentions."""
    spread: float = 0.6
    """Variance of single mentions round their product's mean."""

    def score(self, sample: Sample) -> Score:
        """The score of a product with these mentions."""
        weight = sample.weight + self.strength
        mean = (sample.total + self.strength * self.mean) / weight
        reach = _Z * sqrt(self.spread / weight)
        return Score(mean, max(-1.0, mean - reach), min(1.0, mean + reach))


def estimate(samples: Sequence[Sample], wider: Prior | None = None) -> Prior:
    """The prior that the products of a department make; ``wider`` where they are too few."""
    wider = wider or Prior()
    known = [s for s in samples if s.weight > 0]
    count = sum(s.weight for s in known)
    if len(known) < LEAST_PRODUCTS or count <= len(known):
        return wider
    mean = sum(s.total for s in known) / count
    within = sum(s.squares - s.total**2 / s.weight for s in known) / (count - len(known))
    spread = max(LEAST_SPREAD, within)
    between = sum(s.weight * (s.total / s.weight - mean) ** 2 for s in known)
    effective = count - sum(s.weight**2 for s in known) / count
    variance = (between - (len(known) - 1) * spread) / max(effective, 1e-9)
    strength = spread / variance if variance > 0 else STRONGEST
    return Prior(mean, min(STRONGEST, max(WEAKEST, strength)), spread)
