"""Whether a text calls one product: by its number, or by its whole title."""

import re
from collections.abc import Iterator

from retrieval.catalog.product import Product
from retrieval.index.columns import Columns
from retrieval.index.tokenize import needed_terms
from retrieval.language import fold
from retrieval.search.products import ProductCache

_LEAST_TERMS = 3
"""Of a title; shorter ones ("Linen dress") rather describe what is looked for."""
_LONG = 4
"""Terms from which on a word of the title may be missing."""
_MOST_PRODUCTS = 20
"""Whose titles have all the words: more of them say that the words are common ones."""
_LEFT_OUT = 1
"""Words of the title that may be missing."""
_NUMBER = re.compile(r"[^\W_][\w./-]*\d[\w./-]*|\d[\w./-]*[^\W\d][\w./-]*")
_SHORTEST = 4
_QUOTED = re.compile(r"^\s*[《“\"](.+)[》”\"]\s*$")


def called(text: str, columns: Columns, products: ProductCache) -> str | None:
    """The words that call a product: its id, a SKU, or ``text`` itself where it is a title.

    None where no product is called; ``text`` may then still describe many.
    """
    number = next((n for n in _numbers(text) if _is_number(n, columns)), None)
    if number:
        return number
    quoted = _QUOTED.match(text)
    asked = quoted[1] if quoted else text
    terms = needed_terms(asked)
    if not terms or (len(terms) < _LEAST_TERMS and not quoted):
        return None
    rows = columns.titled(asked)
    if not 0 < len(rows) <= _MOST_PRODUCTS:
        return None
    found = products.get_many([columns.ids[int(row)] for row in rows])
    missing = _LEFT_OUT if len(terms) >= _LONG and not quoted else 0
    for known in found.values():
        if any(len(needed_terms(title) - terms) <= missing for title in _titles(known.product)):
            return asked
    return None


def is_called(product: Product, query: str) -> bool:
    """Whether ``query`` is a product's number or whole title."""
    asked = fold(query.strip())
    return bool(asked) and asked in map(fold, _names(product))


def _numbers(text: str) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        number = match[0].rstrip("./-")
        if len(number) >= _SHORTEST:
            yield from dict.fromkeys((number, number.upper(), number.lower()))


def _is_number(number: str, columns: Columns) -> bool:
    return columns.row(number) is not None or number in columns.skus


def _names(product: Product) -> Iterator[str]:
    yield product.id
    yield from (variant.sku for variant in product.variants)
    yield from _titles(product)


def _titles(product: Product) -> Iterator[str]:
    yield product.title
    yield from (text.title for text in product.translations.values() if text.title)
