"""What tastes are about: category nodes, brands, attribute values, and price for the category."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

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
    return Traits(
        tuple("/".join(path[: depth + 1]) for depth in range(len(path))),
        (product.brand or "").casefold(),
        {
            name: tuple(value.casefold() for value in values[:MAX_VALUES])
            for name, values in product.all_attributes().items()
            if name != "brand"
        },
    )


class PriceLevels:
    """How dear a price is for its category: natural log of its ratio to the category's median."""

    def __init__(self, facets: CatalogFacets) -> None:
        self.follow(facets)

    def follow(self, facets: CatalogFacets) -> None:
        """Takes the prices of another state of the catalogue."""
        self.facets = facets
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

    @staticmethod
    def observe(products: Iterable[Product]) -> "PriceLevels":
        """Levels of a catalogue that has no facets at hand."""
        return PriceLevels(CatalogFacets.observe(products))

    def median(self, product: Product) -> float:
        """The median price of the deepest node of the product's path that has one."""
        path = tuple(product.category_path)
        medians = (self._medians.get(path[:depth]) for depth in range(len(path), 0, -1))
        return next((median for median in medians if median), self._overall)

    def rank(self, product: Product, price: float | None = None) -> float:
        """Where a price lies between the cheapest (0) and dearest (1) of the product's category, on
        a log scale; 0.5 where the category has one price."""
        path = tuple(product.category_path)
        found = (self._ranges.get(path[:depth]) for depth in range(len(path), 0, -1))
        low, high = next((prices for prices in found if prices), (0.0, 0.0))
        if high <= low:
            return 0.5
        price = product.price if price is None else price
        return max(0.0, min(1.0, (math.log(max(price, 0.01)) - low) / (high - low)))

    def level(self, product: Product, price: float | None = None) -> float:
        """0 at the median, 0.69 at twice it; within [-3, 3]."""
        price = product.price if price is None else price
        return max(-3.0, min(3.0, math.log(max(price, 0.01) / self.median(product))))


def weighted_keys(found: Traits) -> Iterator[tuple[str, str, float]]:
    """``(kind, key, share)`` for every trait; the shares of one attribute sum to 1."""
    for category in found.categories:
        yield "category", category, 1.0
    if found.brand:
        yield "brand", found.brand, 1.0
    for name, values in found.attributes.items():
        for value in values:
            yield f"attribute:{name}", value, 1 / len(values)
