"""Weights of traits learnt one outcome at a time, each with the uncertainty that is left.

A Bayesian logistic regression with independent normal weights, updated online by the extended
Kalman filter, as in Graepel et al. 2010 ("Web-scale Bayesian click-through rate prediction",
adPredictor) and Chapelle & Li 2011. What was never seen has its prior: mean 0 and the variance of
its kind. Nothing is retrained and nothing but the weights is kept.
"""

from collections.abc import Iterable, Mapping, Sequence

Key = tuple[str, str]
"""Kind of trait and its value, such as ``("brand", "acme")``."""

VARIANCES: Mapping[str, float] = {
    "product": 0.12,
    "asked": 0.5,
    "hint": 0.3,
    "stage": 1.0,
    "brand": 0.3,
    "category": 0.15,
    "price": 0.4,
}
"""How much weights of a kind differ before anything is known, in squared log-odds."""
OTHER_VARIANCE = 0.05
HALF_LIFE_DAYS = 1000.0
"""After so many days without a word half of a weight is forgotten."""


class Belief:
    """Normal weights by key. Not safe to update from several threads at once."""

    __slots__ = ("_day", "_limit", "_priors", "weights")

    def __init__(self, priors: Mapping[str, float] = VARIANCES, limit: int = 1_000_000) -> None:
        """
        Args:
            priors: prior variance by kind.
            limit: keys kept; those that say least are dropped.
        """
        self.weights: dict[Key, tuple[float, float]] = {}
        """Mean and variance."""
        self._priors = priors
        self._limit = limit
        self._day = 0.0

    def mean(self, key: Key) -> float:
        found = self.weights.get(key)
        return found[0] if found else 0.0

    def prior(self, key: Key) -> tuple[float, float]:
        """Mean and variance of what was never seen."""
        return 0.0, self._priors.get(key[0], OTHER_VARIANCE)

    def variance(self, key: Key) -> float:
        found = self.weights.get(key)
        return found[1] if found else self.prior(key)[1]

    def total(self, parts: Iterable[tuple[Key, float]]) -> float:
        """The sum of weights, each times its share."""
        weights = self.weights
        total = 0.0
        for key, share in parts:
            found = weights.get(key)
            if found is not None:
                total += share * found[0]
        return total

    def learn(
        self, parts: Sequence[tuple[Key, float]], gradient: float, curvature: float = 0.0
    ) -> None:
        """One step towards an outcome.

        Args:
            parts: keys and shares, whose weighted sum was part of the log-odds.
            gradient: of the outcome's log-likelihood in the log-odds.
            curvature: its expected negative second derivative, not negative.
        """
        weights = self.weights
        held = []
        spread = 0.0
        for key, share in parts:
            found = weights.get(key) or self.prior(key)
            held.append(found)
            spread += found[1] * share * share
        gain = 1 / (1 + curvature * spread)
        for (key, share), (mean, variance) in zip(parts, held, strict=True):
            step = variance * share * gain
            weights[key] = (mean + step * gradient, variance * (1 - share * step * curvature))
        if len(weights) > self._limit:
            self._forget()

    def age(self, day: float) -> None:
        """Draws weights towards their priors for the days since the last call."""
        passed = day - self._day
        if passed < 1:
            return
        if self._day:
            kept = 2.0 ** (-passed / HALF_LIFE_DAYS)
            for key, (mean, variance) in self.weights.items():
                prior = self._priors.get(key[0], OTHER_VARIANCE)
                self.weights[key] = (mean * kept, prior + (variance - prior) * kept * kept)
        self._day = day

    def _forget(self) -> None:
        """Drops the tenth of which least is known."""
        order = sorted(self.weights, key=lambda key: -self._remaining(key))
        for key in order[: max(1, len(order) // 10)]:
            del self.weights[key]

    def _remaining(self, key: Key) -> float:
        """The share of the prior variance that is left."""
        return self.weights[key][1] / max(self._priors.get(key[0], OTHER_VARIANCE), 1e-9)
