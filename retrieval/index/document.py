"""What the index reads of a product: the text to embed and the terms of each field."""

import hashlib
from collections.abc import Iterable, Iterator

from retrieval.catalog.product import Product, ProductText
from retrieval.index.lexical import LexicalDocument
from retrieval.index.tokenize import terms, words

_NOT_EMBEDDED = ("size",)  # every size of a shoe says nothing about what it is
_VALUES_OF_EACH = 2
_VALUES = 6


def embedding_text(product: Product) -> str:
    """The text whose vector stands for the product: that of its own language, kept short.

    The encoder puts the other language at about the same place, so one vector serves both.
    Descriptions are left to the word index: with them a vector costs three times as much and finds
    no more (docs/benchmarks/search.md).
    """
    values = [
        value
        for name, found in product.attributes.items()
        if name not in _NOT_EMBEDDED
        for value in found[:_VALUES_OF_EACH]
    ]
    parts = [product.title, *product.category_path[-1:], *values[:_VALUES]]
    return ". ".join(part for part in parts if part)


def embedding_hash(text: str) -> str:
    """Under which the vector of an embedded text is found again."""
    return hashlib.sha256(text.encode()).hexdigest()


def lexical_document(product: Product) -> LexicalDocument:
    """The terms of a product in all of its languages."""
    texts = list(_texts(product))
    facets = [*product.tags, *(variant.sku for variant in product.variants)]
    values = {value for variant in product.variants for value in variant.attributes.values()}
    facets.extend(sorted(values))
    for text in texts:
        facets.extend(_facets(text))
    return LexicalDocument(
        title=[term for text in texts for term in terms(text.title)],
        facets=[term for facet in facets for term in terms(facet)],
        description=[term for text in texts for term in terms(text.description)],
    )


def surface_words(product: Product) -> Iterator[str]:
    """The words that a shopper may have misspelt: those of titles, brands, categories, values."""
    for text in _texts(product):
        for part in (text.title, *_facets(text)):
            yield from words(part)


def _texts(product: Product) -> Iterable[ProductText]:
    own = ProductText(
        title=product.title,
        description=product.description,
        category_path=product.category_path,
        brand=product.brand,
        attributes=product.attributes,
    )
    return (own, *product.translations.values())


def _facets(text: ProductText) -> Iterator[str]:
    if text.brand:
        yield text.brand
    yield from text.category_path
    for values in text.attributes.values():
        yield from values
