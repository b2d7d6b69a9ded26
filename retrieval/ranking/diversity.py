"""Keeps a list from being the same thing over and over, without hurting what was asked for.

Maximal marginal relevance (Carbonell & Goldstein 1998, "The use of MMR, diversity-based
reranking"), calibrated to the customer's interests (Steck 2018, "Calibrated recommendations"), with
two limits: nothing far worse than the best is lifted by being different, and of
things that are all but the same at most two are among the first five.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate, Evidence
from retrieval.catalog.product import Product
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.traits import Traits, traits

RELEVANCE_SHARE = 0.8
"""Weight of the score against the likeness to what was taken already."""
CALIBRATION = 0.2
"""Weight of the nearness to the customer's interests; ``shopkeeper eval diversity`` shows what
either weight costs and brings."""
FLOOR = 0.4
"""Below this share of the best score a candidate is not lifted."""
TWIN_LIKENESS = 0.8
TWINS_ALLOWED = 2
TWIN_WINDOW = 5

_SMOOTH = 0.01
Leaf = str
"""A category with its parents, as in ``Traits.categories``."""

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


class _Mix:
    """The categories of a list in the making against those that are deserved.

    Calibrated recommendations (Steck 2018): the Kullback-Leibler divergence from the deserved
    shares to those of the list, which are mixed with a little of the deserved ones to stay finite.
    """

    def __init__(self, interests: Mapping[Leaf, float], weight: float) -> None:
        self._interests = interests
        self._weight = weight if len(interests) > 1 else 0.0
        self._taken: dict[Leaf, int] = {}
        self._count = 0

    def take(self, product: Product) -> None:
        leaf = _leaf(product)
        self._taken[leaf] = self._taken.get(leaf, 0) + 1
        self._count += 1

    def owed(self, products: Iterable[Product]) -> dict[Leaf, float]:
        """By category: what taking a product of it would do for the list, at most 0."""
        if not self._weight:
            return {}
        return {
            leaf: -self._weight * self.divergence(leaf) for leaf in {_leaf(p) for p in products}
        }

    def divergence(self, following: Leaf | None) -> float:
        """Of the list as it is, or with one more product of a category."""
        count = self._count + (following is not None)
        total = 0.0
        for leaf, share in self._interests.items():
            held = (self._taken.get(leaf, 0) + (leaf == following)) / count if count else 0.0
            if share > 0:
                total += share * math.log(share / ((1 - _SMOOTH) * held + _SMOOTH * share))
        return total


@dataclass(frozen=True, slots=True)
class _Look:
    """What two products are compared by."""

    found: Traits
    words: frozenset[str]
    values: frozenset[tuple[str, str]]
    vector: NDArray[np.float32] | None


def diversify(
    candidates: Sequence[Candidate],
    limit: int,
    vectors: Mapping[str, NDArray[np.float32]] | None = None,
    *,
    interests: Mapping[Leaf, float] | None = None,
    relevance_share: float = RELEVANCE_SHARE,
    calibration: float = CALIBRATION,
) -> list[Candidate]:
    """The first ``limit`` of ranked candidates, reordered so that they differ.

    Every candidate met the hard constraints before and still does; nothing is invented or altered.

    Args:
        vectors: unit vectors by product id, as far as known.
        interests: what share of a list the customer's categories deserve (see ``interests_of``);
            without it no category is owed a place.
        relevance_share: weight of the score against the likeness to what was taken already.
        calibration: weight of the nearness to ``interests``.
    """
    waiting = list(candidates)
    looks = {c.id: _look(c, (vectors or {}).get(c.id)) for c in waiting}
    best = max((c.score for c in waiting), default=0.0)
    likeness = {c.id: 0.0 for c in waiting}
    twins = {c.id: 0 for c in waiting}
    mix = _Mix(interests or {}, calibration)
    chosen: list[Candidate] = []
    while waiting and len(chosen) < limit:
        able = waiting
        if len(chosen) < TWIN_WINDOW:
            able = [c for c in waiting if twins[c.id] < TWINS_ALLOWED] or waiting
        lifted = [c for c in able if c.score >= FLOOR * best] or able[:1]
        owed = mix.owed(c.product for c in lifted)
        following = max(
            lifted,
            key=lambda c: (
                relevance_share * c.score / (best or 1.0)
                - (1 - relevance_share) * likeness[c.id]
                + owed.get(_leaf(c.product), 0.0)
            ),
        )
        chosen.append(following)
        waiting.remove(following)
        mix.take(following.product)
        for other in waiting:
            like = _likeness(looks[following.id], looks[other.id])
            likeness[other.id] = max(likeness[other.id], like)
            twins[other.id] += like >= TWIN_LIKENESS
    return chosen


def interests_of(
    candidates: Sequence[Candidate], profile: CustomerProfile | None
) -> dict[Leaf, float]:
    """The share of a list that each category among the candidates deserves; they sum to 1.

    As far as the customer's tastes are known they decide; the rest goes by the candidates' scores.
    """
    scored: dict[Leaf, float] = {}
    for candidate in candidates:
        leaf = _leaf(candidate.product)
        scored[leaf] = scored.get(leaf, 0.0) + candidate.score
    shares = _normal(scored)
    if profile is None or len(shares) < 2:
        return shares
    # A node deeper in the tree is as sure as the tastes are.
    tastes = {leaf: max(0.0, profile.taste("category", leaf, profile.day)) for leaf in shares}
    known = profile.certainty("category", profile.day) if any(tastes.values()) else 0.0
    wanted = _normal(tastes)
    return {leaf: known * wanted[leaf] + (1 - known) * share for leaf, share in shares.items()}


def list_likeness(shown: Sequence[Candidate]) -> float:
    """The mean likeness of the pairs of a list, in [0, 1]; 0 for fewer than two."""
    looks = [_look(c, None) for c in shown]
    pairs = [_likeness(one, other) for place, one in enumerate(looks) for other in looks[:place]]
    return sum(pairs) / len(pairs) if pairs else 0.0


def miscalibration(shown: Sequence[Candidate], interests: Mapping[Leaf, float]) -> float:
    """How far the categories of a list are from what they deserve: 0 is just right (see _Mix)."""
    mix = _Mix(interests, 1.0)
    for candidate in shown:
        mix.take(candidate.product)
    return mix.divergence(None)


def within_twin_limit(shown: Sequence[Candidate]) -> bool:
    """Whether no three of the first five are all but the same."""
    looks = [_look(c, None) for c in shown[:TWIN_WINDOW]]
    return all(
        sum(_likeness(look, before) >= TWIN_LIKENESS for before in looks[:place]) < TWINS_ALLOWED
        for place, look in enumerate(looks)
    )


def near_twins(one: Candidate, other: Candidate) -> bool:
    """Whether two products are all but the same, by their words and attributes."""
    return _likeness(_look(one, None), _look(other, None)) >= TWIN_LIKENESS


def _look(candidate: Candidate, vector: NDArray[np.float32] | None) -> _Look:
    found = traits(candidate.product)
    values = frozenset((n, v) for n, held in found.attributes.items() for v in held if n != "size")
    words = frozenset(_WORD.findall(candidate.product.title.casefold()))
    return _Look(found, words, values, vector)


def _likeness(one: _Look, other: _Look) -> float:
    """In [0, 1]: mostly title words, then attributes, brand and category; vectors weigh half."""
    brands = {one.found.brand, other.found.brand}
    shared = 0.2 * (len(brands) == 1 and "" not in brands)
    shared += 0.1 * (one.found.categories == other.found.categories)
    shared += 0.45 * _overlap(one.words, other.words) + 0.25 * _overlap(one.values, other.values)
    if one.found.brand == other.found.brand == "":
        shared /= 0.8
    if one.vector is None or other.vector is None:
        return float(shared)
    return float(max(shared, 0.5 * shared + 0.5 * max(0.0, float(one.vector @ other.vector))))


def _overlap(one: frozenset[object], other: frozenset[object]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def tell_brands(shown: Sequence[Candidate]) -> None:
    """Gives the first product of another brand than those before it as evidence that it is."""
    brands = [c.product.brand for c in shown]
    if len(shown) < 2 or len({b for b in brands if b}) < 2:
        return
    for place, candidate in enumerate(shown[1:], start=1):
        brand = candidate.product.brand
        if brand and brands[:place].count(brand) == 0:
            evidence = Evidence("diverse", "diverse_brand", {"brand": brand})
            candidate.evidence.append(evidence)


def _leaf(product: Product) -> Leaf:
    """The product's category as tastes know it; empty where it has none."""
    found = traits(product).categories
    return found[-1] if found else ""


def _normal(weights: Mapping[Leaf, float]) -> dict[Leaf, float]:
    total = sum(weights.values())
    return {leaf: weight / total if total else 0.0 for leaf, weight in weights.items()}
