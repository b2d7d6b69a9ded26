"""A product as the ranking sees it: read once, and stacked with others into arrays for a list."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.product import Product
from retrieval.ranking.belief import OTHER_VARIANCE, Key
from retrieval.ranking.traits import PriceLevels, PriceScale, number_of, traits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Parts = tuple[tuple[Key, float], ...]

PRICE_KNOTS = 6
"""Points between the cheapest and the dearest of a category at which liking is held."""
KNOTS: list[Key] = [("price", str(knot)) for knot in range(PRICE_KNOTS)]
LEAST_VARIANCE = 0.02
"""Attributes on which customers differ less than this are not followed one by one."""
_VALUES_FOLLOWED = 8
_NOBODY: Key = ("", "")
WIDTH = 5
"""Brand, two ends of the category's path, two price knots."""


class Look(NamedTuple):
    """A product as opinions see it."""

    product: Product
    brand: Parts
    category: Parts
    price: Parts
    attributes: tuple[tuple[Key, ...], ...]
    """Per attribute the values among which the customer takes the best."""
    parts: Parts
    """All of these together: what opinions are held by, product and attributes apart."""
    department: str
    leaf: str
    scale: PriceScale
    """What a price of the product is measured by."""
    keys: tuple[Key, ...]
    """Of ``parts``, each in its own place of ``WIDTH``."""
    shares: Floats
    """(WIDTH,), 0 where there is no such part."""
    ends: Ints
    """Numbers of department, leaf and brand, -1 where there is none, (3,)."""
    values: Ints
    """Numbers of all attributes' values, one attribute after the other."""
    kinds: Ints
    """The attributes' own numbers."""
    sizes: Ints
    """Values of each attribute."""


def read_look(product: Product, levels: PriceLevels, priors: Mapping[str, float]) -> Look:
    """Reads a product as the catalogue's prices and the tastes followed stand now."""
    found = traits(product)
    brand = ((("brand", found.brand), 1.0),) if found.brand else ()
    ends = dict.fromkeys(found.categories[:1] + found.categories[-1:])
    category = tuple((("category", key), 1.0) for key in ends)
    scale = levels.scale(product)
    price = tuple(price_parts(scale.rank(product.price)))
    followed = [
        tuple((f"attribute:{name}", value) for value in values[:_VALUES_FOLLOWED])
        for name, values in found.attributes.items()
        if priors.get(f"attribute:{name}", OTHER_VARIANCE) >= LEAST_VARIANCE
    ]
    padded = [*_padded(brand, 1), *_padded(category, 2), *price]
    path = (*found.categories[:1], *found.categories[-1:]) or ("", "")
    numbers = [number_of("category", end) if end else -1 for end in path]
    numbers.append(number_of("brand", found.brand) if found.brand else -1)
    return Look(
        product,
        brand,
        category,
        price,
        tuple(followed),
        (*brand, *category, *price),
        path[0],
        path[-1],
        scale,
        tuple(key for key, _ in padded),
        np.array([share for _, share in padded]),
        np.array(numbers, np.int64),
        found.values,
        found.kinds,
        found.sizes,
    )


def price_parts(rank: float) -> list[tuple[Key, float]]:
    """The two knots around a price rank, by their nearness."""
    place = rank * (PRICE_KNOTS - 1)
    below = min(int(place), PRICE_KNOTS - 2)
    share = place - below
    return [(KNOTS[below], 1 - share), (KNOTS[below + 1], share)]


def _padded(parts: Parts, width: int) -> Parts:
    return (*parts, *(((_NOBODY, 0.0),) * (width - len(parts))))


@dataclass(frozen=True, slots=True)
class Groups:
    """Values in groups, groups in rows."""

    row: Ints
    """The row of each group."""
    first: Ints
    """The place of each group's first value."""
    of: Ints
    """The group of each value."""

    @classmethod
    def of_sizes(cls, sizes: Ints, counts: Collection[int]) -> "Groups":
        """``sizes`` of all groups, at least 1, and per row how many groups it has."""
        row = np.repeat(np.arange(len(counts)), list(counts))
        first = np.cumsum(sizes) - sizes
        return cls(row, first, np.repeat(np.arange(len(sizes)), sizes))


class Stack:
    """The looks of one list side by side."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self.looks = looks
        self.shares = np.concatenate([look.shares for look in looks]).reshape(-1, WIDTH)
        self.ends = np.concatenate([look.ends for look in looks]).reshape(-1, 3)
        self.values = np.concatenate([look.values for look in looks])
        self.kinds = np.concatenate([look.kinds for look in looks])
        sizes = np.concatenate([look.sizes for look in looks])
        self.attributes = Groups.of_sizes(sizes, [len(look.sizes) for look in looks])
