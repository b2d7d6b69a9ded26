"""How well a logged query fits a product: it explains a click without being the product's merit."""

import re
from functools import lru_cache

from retrieval.catalog.product import Product
from retrieval.index.tokenize import terms

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class QueryMatch:
    """Compares words; remembers the words of every product it saw."""

    def __init__(self) -> None:
        self._products: dict[str, frozenset[str]] = {}

    def of(self, query: str | None, product: Product) -> tuple[float, float]:
        """The share of the query's words that the product has, in [0, 1], and the budget.

        The budget is 1 where the price is within a number that the query names, -1 where it is
        above, 0 where none is named. Without a query both are 0.
        """
        if not query:
            return 0.0, 0.0
        words, budget = _read(query)
        held = self._products.get(product.id)
        if held is None:
            held = self._products[product.id] = _words_of(product)
        share = len(words & held) / len(words) if words else 0.0
        if budget is None:
            return share, 0.0
        return share, 1.0 if product.price <= budget else -1.0


@lru_cache(maxsize=20_000)
def _read(query: str) -> tuple[frozenset[str], float | None]:
    numbers = [float(number) for number in _NUMBER.findall(query)]
    return frozenset(terms(_NUMBER.sub(" ", query))), max(numbers, default=None)


def _words_of(product: Product) -> frozenset[str]:
    texts = [product.title, product.brand or "", *product.category_path]
    texts += [value for values in product.all_attributes().values() for value in values]
    for text in product.translations.values():
        texts += [text.title, text.brand or "", *text.category_path]
        texts += [value for values in text.attributes.values() for value in values]
    return frozenset(terms(" ".join(texts)))
