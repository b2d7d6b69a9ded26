"""What a logged query asked for, and how well a product answers it."""

import math
import re
from collections import Counter
from dataclasses import dataclass

from retrieval.catalog.facets import ValueFacet
from retrieval.catalog.product import Product
from retrieval.index.tokenize import terms
from retrieval.ranking.belief import Key
from retrieval.ranking.traits import PriceLevels, traits

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_AMOUNT = re.compile(r"(?<![A-Za-z0-9.])\d+(?:\.\d+)?(?![A-Za-z0-9%.])")
"""A number by itself; "5G" and "75%" are none that anybody could mean to spend."""
_LEAST_BUDGET = 0.5
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, read."""

    words: frozenset[str]
    """All its terms but numbers."""
    names: tuple[tuple[frozenset[str], frozenset[Key]], ...]
    """Per brand or attribute value named, its words and the traits that they may stand for."""
    budget: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """How a product answers a query; all 0 and empty without one."""

    match: float = 0.0
    """Share of the query's words that the product has, in [0, 1]."""
    kind: float = 0.0
    """1 where it is of the category that the query brings up most, -1 where not."""
    budget: float = 0.0
    """1 where the price is within the number named, -1 where it is above."""
    value: float = 0.0
    """Mean over the values named: 1 where the product has it, -1 where not."""
    named: tuple[tuple[str, bool], ...] = ()
    """Kind of each trait named that the product has a value of, and whether it is that one."""
    loose: tuple[str, ...] = ()
    """Words of the query that no product has; such as "cheap"."""


_NO_FIT = Fit()


class QueryReader:
    """Reads queries by the values that the catalogue holds; remembers what it read."""

    def __init__(self, levels: PriceLevels) -> None:
        self._levels = levels
        self._facets: object = None
        self._names: dict[str, list[tuple[frozenset[str], Key]]] = {}
        self._asked: dict[str, Asked] = {}
        self._products: dict[str, tuple[Product, frozenset[str]]] = {}
        self._categories: dict[tuple[str, ...], frozenset[str]] = {}
        self._brought: dict[str, Counter[tuple[str, ...]]] = {}
        """By query, how often products of a category were shown for it."""
        self._vocabulary: set[str] = set()
        """Words of all products met."""
        self._last: tuple[str, Product, Fit] | None = None

    def read(self, query: str) -> Asked:
        """The query in parts."""
        if self._facets is not self._levels.facets:
            self._learn_names()
        known = self._asked.get(query)
        if known is None:
            if len(self._asked) >= _KEPT:
                self._asked.clear()
            known = self._asked[query] = self._read(query)
        return known

    def meet(self, query: str | None, product: Product) -> None:
        """Learns what a query brings up; to be called for what was shown, before ``fit``."""
        words = self._words_of(product)
        if not words <= self._vocabulary:
            self._vocabulary |= words
        if query:
            if len(self._brought) >= _KEPT:
                self._brought.clear()
            self._brought.setdefault(query, Counter())[tuple(product.category_path)] += 1
            self._last = None

    def fit(self, query: str | None, product: Product) -> Fit:
        """How ``product`` answers ``query``."""
        if not query:
            return _NO_FIT
        last = self._last  # one event asks several times
        if last is not None and last[0] == query and last[1] is product:
            return last[2]
        asked, held = self.read(query), self._words_of(product)
        match = len(asked.words & held) / len(asked.words) if asked.words else 0.0
        kind = 0.0
        if brought := self._brought.get(query):
            path = tuple(product.category_path)
            kind = 1.0 if brought[path] == max(brought.values()) else -1.0
        budget = 0.0
        if asked.budget is not None and asked.budget >= self._least_meant(product):
            budget = 1.0 if product.price <= asked.budget else -1.0
        named = self._named(asked, product)
        value = sum(1.0 if met else -1.0 for _, met in named) / max(1, len(named))
        loose = tuple(sorted(asked.words - self._vocabulary)) if self._vocabulary else ()
        found = Fit(match, kind, budget, value, named, loose)
        self._last = (query, product, found)
        return found

    def _least_meant(self, product: Product) -> float:
        """A number far below what the cheapest of the category costs is no budget."""
        scale = self._levels.scale(product)
        return _LEAST_BUDGET * math.exp(scale.low) if scale.high > scale.low else 0.0

    def _named(self, asked: Asked, product: Product) -> tuple[tuple[str, bool], ...]:
        values = self.values(asked, product)
        if not values:
            return ()
        own, found = traits(product), dict[str, bool]()
        for keys in values:
            for kind, value in keys:
                name = kind.removeprefix("attribute:")
                held = (own.brand,) if kind == "brand" else own.attributes.get(name, ())
                if any(held):
                    found[kind] = found.get(kind, False) or value in held
        return tuple(sorted(found.items()))

    def values(self, asked: Asked, product: Product) -> list[frozenset[Key]]:
        """The values named, those left out that are but words of the product's category: who wants
        an office chair names no use."""
        if not asked.names:
            return []
        kind = self._words_of_category(product)
        return [keys for name, keys in asked.names if not name <= kind]

    def _words_of_category(self, product: Product) -> frozenset[str]:
        path = tuple(product.category_path)
        known = self._categories.get(path)
        if known is None:
            texts = [
                product.category_path,
                *(t.category_path for t in product.translations.values()),
            ]
            known = frozenset(terms(" ".join(node for nodes in texts for node in nodes)))
            if len(self._categories) >= _KEPT:
                self._categories.clear()
            self._categories[path] = known
        return known

    def _read(self, query: str) -> Asked:
        numbers = [float(number) for number in _AMOUNT.findall(query)]
        words = frozenset(terms(_NUMBER.sub(" ", query)))
        named: dict[frozenset[str], set[Key]] = {}
        for word in words:
            for name, key in self._names.get(word, ()):
                if name <= words:
                    named.setdefault(name, set()).add(key)
        # "light blue" names no "blue".
        longest = [n for n in named if not any(n < other for other in named)]
        longest.sort(key=sorted)
        names = tuple((name, frozenset(named[name])) for name in longest)
        return Asked(words, names, max(numbers, default=None))

    def _learn_names(self) -> None:
        facets = self._facets = self._levels.facets
        self._names, self._asked = {}, {}
        for value in facets.brands:
            self._add("brand", value)
        for name, values in facets.attributes.items():
            for value in values:
                self._add(f"attribute:{name}", value)

    def _add(self, kind: str, facet: ValueFacet) -> None:
        for label in (facet.value, *facet.translations.values()):
            name = frozenset(terms(label))
            # A size such as "M" or "42" is no word to know a value by.
            if (
                name
                and not all(len(w) < 2 and w.isascii() for w in name)
                and not _NUMBER.search(label)
            ):
                entry = (name, (kind, facet.value.casefold()))
                self._names.setdefault(min(name), []).append(entry)

    def _words_of(self, product: Product) -> frozenset[str]:
        known = self._products.get(product.id)
        if known is not None and known[0] is product:
            return known[1]
        if len(self._products) >= _KEPT:
            self._products.clear()
        found = _words(product)
        self._products[product.id] = (product, found)
        return found


def _words(product: Product) -> frozenset[str]:
    texts = [product.title, product.brand or "", *product.category_path]
    texts += [value for values in product.all_attributes().values() for value in values]
    for text in product.translations.values():
        texts += [text.title, text.brand or "", *text.category_path]
        texts += [value for values in text.attributes.values() for value in values]
    return frozenset(terms(" ".join(texts)))
