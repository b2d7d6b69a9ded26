"""Which products go together, by what customers looked at and bought.

Item-to-item collaborative filtering (Linden, Smith & York 2003, "Amazon.com recommendations"):
counts are of different customers, so that nobody raises them by doing a thing again and again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retrieval.recommend.behaviour import Acts, Codes

KEPT = 50
"""Neighbours kept of each product."""
ACTS_READ = 30
"""The latest products of a customer that are paired with each other."""
BASKET_S = 86_400
"""What a customer buys on one day (UTC) is one basket."""
LEAST_CUSTOMERS = 2
"""Fewer customers than this say nothing, and would tell on one of them."""
SHRINKAGE = 5.0
"""Products that few customers touched are drawn towards no likeness at all."""
PRIOR_CUSTOMERS = 5.0

Leaf = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another product, how many customers joined the two, and how close that makes them."""

    product_id: str
    customers: int
    closeness: float
    """Shrunk cosine in [0, 1]."""


@dataclass(frozen=True, slots=True)
class NeighbourKind:
    """A category that customers of another buy of, and how many of them.

    ``lift`` is the ratio to what chance would give, drawn towards 1.
    """

    leaf: Leaf
    customers: int
    lift: float


@dataclass(slots=True)
class Neighbours:
    """Immutable once built; a later state is another object."""

    looked_with: dict[str, list[Neighbour]] = field(default_factory=dict)
    """By product, the closest first: looked at by the same customers."""
    bought_with: dict[str, list[Neighbour]] = field(default_factory=dict)
    """By product, the closest first: bought by the same customers on the same day."""
    bought_both: dict[str, list[Neighbour]] = field(default_factory=dict)
    """By product, the closest first: bought by the same customers at any time."""
    kinds: dict[Leaf, list[NeighbourKind]] = field(default_factory=dict)
    """By category path, the highest lift first; other categories only."""

    @classmethod
    def learn(cls, looks: Acts, purchases: Acts, leaves: Mapping[str, Leaf]) -> "Neighbours":
        """Counts pairs; ``leaves`` are the category paths of products."""
        return cls(
            _pairs(looks, looks.customer),
            _pairs(purchases, _baskets(purchases)),
            _pairs(purchases, purchases.customer),
            _kind_pairs(purchases, leaves),
        )

    def looked_along(self, product_ids: Iterable[str], limit: int) -> list[str]:
        """Products looked at by those who looked at any of these, the closest in sum first."""
        own = list(product_ids)
        sums: dict[str, float] = {}
        for key in own:
            for neighbour in self.looked_with.get(key, ()):
                sums[neighbour.product_id] = sums.get(neighbour.product_id, 0) + neighbour.closeness
        for key in own:
            sums.pop(key, None)
        return sorted(sums, key=lambda key: -sums[key])[:limit]


def _baskets(acts: Acts) -> Codes:
    """A code for each customer's day."""
    days = acts.at // BASKET_S
    _, codes = np.unique(np.column_stack([acts.customer, days]), axis=0, return_inverse=True)
    return codes.astype(np.int64).reshape(-1)


def _pairs(acts: Acts, group: Codes) -> dict[str, list[Neighbour]]:
    """Neighbours of every product: pairs within ``group``, counted once for each customer."""
    if not len(acts):
        return {}
    size, reach = len(acts.products), _reach(acts)
    pairs, counts = _counted(acts, group)
    found: dict[str, list[Neighbour]] = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        if count < LEAST_CUSTOMERS:
            continue
        one, other = divmod(pair, size)
        closeness = count / ((reach[one] * reach[other]) ** 0.5 + SHRINKAGE)
        for a, b in ((one, other), (other, one)):
            neighbour = Neighbour(acts.products[b], count, closeness)
            found.setdefault(acts.products[a], []).append(neighbour)
    for neighbours in found.values():
        neighbours.sort(key=lambda n: (-n.closeness, n.product_id))
        del neighbours[KEPT:]
    return found


def _latest(acts: Acts, group: Codes) -> tuple[Codes, Codes, Codes]:
    """Each group's latest acts, every product once: customer, product and group, sorted."""
    order = np.lexsort((acts.product, -acts.at, group))
    key = group * len(acts.products) + acts.product
    _, first = np.unique(key[order], return_index=True)
    kept = order[np.sort(first)]
    groups = group[kept]
    starts = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
    lengths = np.diff(np.append(starts, len(groups)))
    rank = np.arange(len(groups)) - np.repeat(starts, lengths)
    kept = kept[rank < ACTS_READ]
    return acts.customer[kept], acts.product[kept], group[kept]


def _within(customer: Codes, product: Codes, group: Codes, size: int) -> NDArray[np.int64]:
    """Different ``(customer, pair)``; a pair is ``lower * size + higher``."""
    lines = [np.zeros((0, 2), dtype=np.int64)]
    for step in range(1, ACTS_READ):
        same = group[:-step] == group[step:]
        if not same.any():
            break
        one, other = product[:-step][same], product[step:][same]
        pair = np.minimum(one, other) * size + np.maximum(one, other)
        lines.append(np.column_stack([customer[:-step][same], pair]))
    return np.unique(np.concatenate(lines), axis=0)


def _kind_pairs(acts: Acts, leaves: Mapping[str, Leaf]) -> dict[Leaf, list[NeighbourKind]]:
    """Categories that the same customers buy of."""
    known: dict[Leaf, int] = {}
    codes = [
        known.setdefault(leaf, len(known)) if (leaf := leaves.get(key)) else -1
        for key in acts.products
    ]
    names = list(known)
    if not names or not len(acts):
        return {}
    kind = np.array(codes, dtype=np.int64)[acts.product]
    customer, kind, at = acts.customer[kind >= 0], kind[kind >= 0], acts.at[kind >= 0]
    of_kinds = Acts(customer, kind, at, [""] * len(names))
    pairs, counts = _counted(of_kinds, customer)
    everybody = len(np.unique(customer))
    reach = _reach(of_kinds)
    found: dict[Leaf, list[NeighbourKind]] = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        if count < LEAST_CUSTOMERS:
            continue
        one, other = divmod(pair, len(names))
        expected = reach[one] * reach[other] / everybody
        lift = (count + PRIOR_CUSTOMERS) / (expected + PRIOR_CUSTOMERS)
        for a, b in ((one, other), (other, one)):
            found.setdefault(names[a], []).append(NeighbourKind(names[b], count, lift))
    for kinds in found.values():
        kinds.sort(key=lambda k: (-k.lift, -k.customers, k.leaf))
    return found


def _counted(acts: Acts, group: Codes) -> tuple[Codes, Codes]:
    """The pairs within groups, and of how many customers; a pair is ``lower * size + higher``."""
    lines = _within(*_latest(acts, group), len(acts.products))
    pairs, counts = np.unique(lines[:, 1], return_counts=True)
    return pairs, counts.astype(np.int64)


def _reach(acts: Acts) -> list[int]:
    """By product code: how many customers acted on it."""
    size = len(acts.products)
    touched = np.unique(acts.customer * size + acts.product) % size
    reach: list[int] = np.bincount(touched, minlength=size).tolist()
    return reach
