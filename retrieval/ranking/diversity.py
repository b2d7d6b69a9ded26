"""Keeps a list from being the same thing over and over, without hurting what was asked for.

Maximal marginal relevance (Carbonell & Goldstein 1998, "The use of MMR, diversity-based
reranking"), with two limits: nothing far worse than the best is lifted by being different, and of
things that are all but the same at most two are among the first five.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate, Evidence
from retrieval.ranking.traits import Traits, traits

RELEVANCE_SHARE = 0.8
"""Weight of the score against the likeness to what was taken already."""
FLOOR = 0.4
"""Below this share of the best score a candidate is not lifted."""
TWIN_LIKENESS = 0.8
TWINS_ALLOWED = 2
TWIN_WINDOW = 5

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


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
) -> list[Candidate]:
    """The first ``limit`` of ranked candidates, reordered so that they differ.

    Every candidate met the hard constraints before and still does; nothing is invented or altered,
    except that one that is the only one of its brand among those shown gets this as evidence.

    Args:
        vectors: unit vectors by product id, as far as known.
    """
    waiting = list(candidates)
    looks = {c.id: _look(c, (vectors or {}).get(c.id)) for c in waiting}
    best = max((c.score for c in waiting), default=0.0)
    likeness = {c.id: 0.0 for c in waiting}
    twins = {c.id: 0 for c in waiting}
    chosen: list[Candidate] = []
    while waiting and len(chosen) < limit:
        able = waiting
        if len(chosen) < TWIN_WINDOW:
            able = [c for c in waiting if twins[c.id] < TWINS_ALLOWED] or waiting
        lifted = [c for c in able if c.score >= FLOOR * best] or able[:1]
        following = max(
            lifted,
            key=lambda c: (
                RELEVANCE_SHARE * c.score / (best or 1.0) - (1 - RELEVANCE_SHARE) * likeness[c.id]
            ),
        )
        chosen.append(following)
        waiting.remove(following)
        for other in waiting:
            like = _likeness(looks[following.id], looks[other.id])
            likeness[other.id] = max(likeness[other.id], like)
            twins[other.id] += like >= TWIN_LIKENESS
    _tell(chosen)
    return chosen


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


def _tell(chosen: Sequence[Candidate]) -> None:
    brands = [c.product.brand for c in chosen]
    if len(chosen) < 2 or len({b for b in brands if b}) < 2:
        return
    for place, candidate in enumerate(chosen[1:], start=1):
        brand = candidate.product.brand
        if brand and brands[:place].count(brand) == 0:
            evidence = Evidence("diverse", "diverse_brand", {"brand": brand})
            candidate.evidence.append(evidence)
