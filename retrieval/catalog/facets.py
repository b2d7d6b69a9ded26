"""What a catalogue says of itself: categories, attribute values, brands, prices, languages.

Observed in one pass over the products, in bounded memory, so that understanding, filters and
clarifying questions fit whatever was imported.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, Field

from retrieval.catalog.product import Language, Product

VALUES_KEPT = 2000
"""Values per attribute, and brands; the most frequent ones."""
CATEGORIES_KEPT = 5000
ATTRIBUTES_KEPT = 300
PRICES_SAMPLED = 1000
"""Prices per category that quantiles are computed from; exact up to that many products."""

Path = tuple[str, ...]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PriceRange(_Record):
    """Prices of the products of a category, each product by its own lowest price."""

    low: float
    high: float
    quantiles: dict[int, float] = Field(default_factory=dict)
    """Percent → price, for 10, 25, 50, 75 and 90."""


class ValueFacet(_Record):
    """One value of an attribute, in its most frequent spelling, and how many products have it."""

    value: str
    count: int
    translations: dict[Language, str] = Field(default_factory=dict)

    def label(self, language: Language) -> str:
        return self.translations.get(language, self.value)


class CategoryFacet(_Record):
    """A node of the category tree; ``count`` takes in the products below it."""

    path: Path
    count: int
    translations: dict[Language, list[str]] = Field(default_factory=dict)
    """Language → the whole path in it."""
    price: PriceRange
    attributes: dict[str, int] = Field(default_factory=dict)
    """Attribute name → products of this node that have it."""

    @property
    def name(self) -> str:
        return self.path[-1]

    def label(self, language: Language) -> str:
        """The node's own name in ``language``."""
        return self.translations.get(language, [self.name])[-1]


class CatalogFacets(_Record):
    """The catalogue's description of itself; ``model_dump_json`` and back keeps everything."""

    products: int = 0
    currency: str = "USD"
    """The currency of most products."""
    languages: dict[Language, int] = Field(default_factory=dict)
    """Language → products that have texts in it."""
    price: PriceRange | None = None
    categories: list[CategoryFacet] = Field(default_factory=list)
    """Every node, parents before children, the fuller first."""
    attributes: dict[str, list[ValueFacet]] = Field(default_factory=dict)
    """Attribute name → values, the most frequent first; the widest spread attribute first."""
    brands: list[ValueFacet] = Field(default_factory=list)

    @staticmethod
    def observe(products: Iterable[Product]) -> "CatalogFacets":
        """Facets of ``products``, which are read once and not kept."""
        observer = _Observer()
        for product in products:
            observer.add(product)
        return observer.facets()

    def departments(self) -> list[CategoryFacet]:
        """The top of the tree; a single root that all products share is passed over."""
        tops = [node for node in self.categories if len(node.path) == 1]
        while len(tops) == 1 and (below := self.children(tops[0].path)):
            tops = below
        return tops

    def children(self, path: Path) -> list[CategoryFacet]:
        """The nodes right below ``path``, the fuller first."""
        depth = len(path)
        return [
            node
            for node in self.categories
            if len(node.path) == depth + 1 and node.path[:depth] == tuple(path)
        ]

    def category(self, path: Iterable[str]) -> CategoryFacet | None:
        wanted = tuple(path)
        return next((node for node in self.categories if node.path == wanted), None)

    def value(self, name: str, value: str) -> ValueFacet | None:
        """The facet of a value of an attribute (``brand`` included), compared case-folded."""
        wanted = value.casefold()
        values = self.brands if name == "brand" else self.attributes.get(name, [])
        return next((facet for facet in values if facet.value.casefold() == wanted), None)


class _Values:
    """Counts spellings under their case-folded form, forgetting the rarest when there are many."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._spellings: dict[str, Counter[str]] = {}
        self._translations: dict[str, dict[Language, str]] = {}

    def add(self, value: str, translations: dict[Language, str]) -> None:
        key = value.casefold()
        self._counts[key] += 1
        self._spellings.setdefault(key, Counter())[value] += 1
        if translations:
            self._translations.setdefault(key, {}).update(translations)
        if len(self._counts) > 10 * VALUES_KEPT:
            self._forget()

    def total(self) -> int:
        return self._counts.total()

    def facets(self) -> list[ValueFacet]:
        return [
            ValueFacet(
                value=self._spellings[key].most_common(1)[0][0],
                count=count,
                translations=self._translations.get(key, {}),
            )
            for key, count in sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        ][:VALUES_KEPT]

    def _forget(self) -> None:
        self._counts = Counter(dict(self._counts.most_common(5 * VALUES_KEPT)))
        kept = self._counts.keys()
        self._spellings = {k: v for k, v in self._spellings.items() if k in kept}
        self._translations = {k: v for k, v in self._translations.items() if k in kept}


class _Prices:
    """Extremes, and a uniform sample for the quantiles (Vitter's algorithm R)."""

    def __init__(self) -> None:
        self.count = 0
        self._low, self._high = float("inf"), 0.0
        self._sample: list[float] = []
        self._random = random.Random(0)  # noqa: S311 (a sample, not a secret)

    def add(self, price: float) -> None:
        self.count += 1
        self._low, self._high = min(self._low, price), max(self._high, price)
        if len(self._sample) < PRICES_SAMPLED:
            self._sample.append(price)
        elif (place := self._random.randrange(self.count)) < PRICES_SAMPLED:
            self._sample[place] = price

    def range(self) -> PriceRange:
        ordered = sorted(self._sample)
        at = {p: ordered[round(p / 100 * (len(ordered) - 1))] for p in (10, 25, 50, 75, 90)}
        return PriceRange(low=self._low, high=self._high, quantiles=at)


class _Node:
    def __init__(self) -> None:
        self.prices = _Prices()
        self.attributes: Counter[str] = Counter()
        self.translations: dict[Language, list[str]] = {}


class _Observer:
    def __init__(self) -> None:
        self._prices = _Prices()
        self._currencies: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._nodes: dict[Path, _Node] = {}
        self._attributes: dict[str, _Values] = {}
        self._brands = _Values()

    def add(self, product: Product) -> None:
        price = product.price
        attributes = product.all_attributes()
        self._prices.add(price)
        self._currencies[product.currency] += 1
        self._languages.update({product.language, *product.translations})
        if product.brand:
            texts = product.translations.items()
            self._brands.add(product.brand, {k: t.brand for k, t in texts if t.brand})
        for name, values in attributes.items():
            self._add_values(name, values, product)
        for node, depth in self._path(product):
            node.prices.add(price)
            node.attributes.update(attributes.keys())
            for language, text in product.translations.items():
                if len(text.category_path) == len(product.category_path):
                    node.translations[language] = text.category_path[:depth]

    def facets(self) -> CatalogFacets:
        if not self._prices.count:
            return CatalogFacets()
        spread = sorted(self._attributes.items(), key=lambda item: (-item[1].total(), item[0]))
        nodes = sorted(
            self._nodes.items(), key=lambda item: (len(item[0]), -item[1].prices.count, item[0])
        )
        return CatalogFacets(
            products=self._prices.count,
            currency=self._currencies.most_common(1)[0][0],
            languages=dict(self._languages.most_common()),
            price=self._prices.range(),
            categories=[
                CategoryFacet(
                    path=path,
                    count=node.prices.count,
                    translations=node.translations,
                    price=node.prices.range(),
                    attributes=dict(node.attributes.most_common(ATTRIBUTES_KEPT)),
                )
                for path, node in nodes
            ],
            attributes={name: values.facets() for name, values in spread},
            brands=self._brands.facets(),
        )

    def _path(self, product: Product) -> Iterator[tuple[_Node, int]]:
        for depth in range(1, len(product.category_path) + 1):
            path = tuple(product.category_path[:depth])
            node = self._nodes.get(path)
            if node is None:
                if len(self._nodes) >= CATEGORIES_KEPT:
                    return
                node = self._nodes[path] = _Node()
            yield node, depth

    def _add_values(self, name: str, values: list[str], product: Product) -> None:
        if name not in self._attributes and len(self._attributes) >= ATTRIBUTES_KEPT:
            return
        counted = self._attributes.setdefault(name, _Values())
        parallel = {
            language: text.attributes[name]
            for language, text in product.translations.items()
            if len(text.attributes.get(name, ())) == len(values)
        }
        for index, value in enumerate(values):
            counted.add(value, {language: texts[index] for language, texts in parallel.items()})
