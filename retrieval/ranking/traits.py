"""What tastes are about: category nodes, brands, attribute values, and price for the category."""

import math
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product

MAX_VALUES = 12
"""Values read of one attribute of one product; a product in forty colours says little."""


class Traits(NamedTuple):
    """A product as tastes see it; values are case-folded."""

    categories: tuple[str, ...]
    """From the department down, each with its parents: ``("shoes", "shoes/boots")``."""
    brand: str
    attributes: dict[str, tuple[str, ...]]
    """Attribute name to values; ``size`` and its like say who wears it and stay in."""
    values: NDArray[np.int64]
    """The numbers of all these values, one attribute after the other."""
    kinds: NDArray[np.int64]
    """The numbers of the attributes themselves."""
    sizes: NDArray[np.int64]
    """How many values each has; at least one."""


_numbers: dict[tuple[str, str], int] = {}
_next = count()


def number_of(kind: str, value: str = "") -> int:
    """The number by which a value is known in this process; that of the kind itself without one."""
    known = _numbers.get((kind, value))
    return _numbers.setdefault((kind, value), next(_next)) if known is None else known


_KEPT = 5000
_known: dict[str, tuple[Product, Traits]] = {}


def traits(product: Product) -> Traits:
    """The product's traits; those of the records met lately are remembered."""
    known = _known.get(product.id)
    if known is not None and known[0] is product:
        return known[1]
    found = _read(product)
    if len(_known) >= _KEPT:
        _known.clear()  # rare, and cheaper than keeping an order
    _known[product.id] = (product, found)
    return found


def _read(product: Product) -> Traits:
    path = [node.casefold() for node in product.category_path]
    attributes = {
        name: tuple(value.casefold() for value in values[:MAX_VALUES])
        for name, values in product.all_attributes().items()
        if name != "brand" and values
    }
    kinds = [f"attribute:{name}" for name in attributes]
    values = [
        number_of(kind, value)
        for kind, held in zip(kinds, attributes.values(), strict=True)
        for value in held
    ]
    return Traits(
        tuple("/".join(path[: depth + 1]) for depth in range(len(path))),
        (product.brand or "").casefold(),
        attributes,
        np.array(values, np.int64),
        np.array([number_of(kind) for kind in kinds], np.int64),
        np.array([len(held) for held in attributes.values()], np.int64),
    )


class PriceScale(NamedTuple):
    """What prices of a category are measured by."""

    median: float
    low: float
    """Logs of the cheapest and the dearest price; equal where there is one price."""
    high: float

    def rank(self, price: float) -> float:
        """Where a price lies between the cheapest (0) and dearest (1), on a log scale; 0.5 where
        there is one price."""
        if self.high <= self.low:
            return 0.5
        place = (math.log(max(price, 0.01)) - self.low) / (self.high - self.low)
        return max(0.0, min(1.0, place))

    def level(self, price: float) -> float:
        """0 at the median, 0.69 at twice it; within [-3, 3]."""
        return max(-3.0, min(3.0, math.log(max(price, 0.01) / self.median)))


class _PriceBooks:
    """Medians and ranges by category."""

    def __init__(self, facets: CatalogFacets) -> None:
        ranges = {n.path: (n.price.low, n.price.high) for n in facets.categories}
        self._ranges = {
            path: (math.log(max(low, 0.01)), math.log(max(high, 0.01)))
            for path, (low, high) in ranges.items()
            if high > low
        }
        medians = {node.path: node.price.quantiles.get(50, 0.0) for node in facets.categories}
        self._medians = {path: median for path, median in medians.items() if median > 0}
        overall = facets.price.quantiles.get(50, 0.0) if facets.price else 0.0
        self._overall = overall if overall > 0 else 1.0
        self._known: dict[tuple[str, ...], PriceScale] = {}

    def scale(self, path: tuple[str, ...]) -> PriceScale:
        known = self._known.get(path)
        if known is None:
            above = [path[:depth] for depth in range(len(path), 0, -1)]
            median = next((m for node in above if (m := self._medians.get(node))), self._overall)
            low, high = next((r for node in above if (r := self._ranges.get(node))), (0.0, 0.0))
            known = self._known[path] = PriceScale(median, low, high)
        return known


class PriceLevels:
    """How dear a price is for its category: natural log of its ratio to the category's median."""

    def __init__(self, facets: CatalogFacets) -> None:
        self.follow(facets)

    def follow(self, facets: CatalogFacets) -> None:
        """Takes the prices of another state of the catalogue."""
        self._books = _PriceBooks(facets)
        self.facets = facets  # last: whoever sees these finds their prices

    @staticmethod
    def observe(products: Iterable[Product]) -> "PriceLevels":
        """Levels of a catalogue that has no facets at hand."""
        return PriceLevels(CatalogFacets.observe(products))

    def scale(self, product: Product) -> PriceScale:
        """Of the deepest node of the product's path that has a median, and a range."""
        return self._books.scale(tuple(product.category_path))

    def rank(self, product: Product, price: float | None = None) -> float:
        """See ``PriceScale.rank``; by default of the product's own price."""
        return self.scale(product).rank(product.price if price is None else price)

    def level(self, product: Product, price: float | None = None) -> float:
        """See ``PriceScale.level``; by default of the product's own price."""
        return self.scale(product).level(product.price if price is None else price)


def weighted_keys(found: Traits) -> Iterator[tuple[str, str, float]]:
    """``(kind, key, share)`` for every trait; the shares of one attribute sum to 1."""
    for category in found.categories:
        yield "category", category, 1.0
    if found.brand:
        yield "brand", found.brand, 1.0
    for name, values in found.attributes.items():
        for value in values:
            yield f"attribute:{name}", value, 1 / len(values)
