"""Records which of a product's own values met which constraint."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from retrieval.candidate import Evidence, Satisfied
from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.index.tokenize import is_stop_word, terms
from retrieval.index.values import asked_key, held_keys


def satisfied(product: Product, variant: Variant, wanted: Constraints) -> list[Satisfied]:
    """One record per constraint, with the value of the product or of the variant shown."""
    return [
        Satisfied(name, asked, value)
        for name, asked, value in (
            *_figures(product, variant, wanted),
            *_attributes(product, variant, wanted),
        )
        if asked not in (None, [])
    ]


class SpokenWords:
    """The words of a query as the shopper wrote them, to be found again in titles."""

    def __init__(self, query: str) -> None:
        self._terms = {word: frozenset(terms(word)) for word in _spoken_words(query)}

    def matched(self, product: Product) -> list[Evidence]:
        """The words that the title has, in any of its languages; none, no evidence."""
        titles = (product.title, *(text.title for text in product.translations.values()))
        held = [_terms_of(title) for title in titles]
        found = [
            word
            for word, meant in self._terms.items()
            if any(not meant.isdisjoint(title) for title in held)
        ]
        return [Evidence("match", "match_words", {"words": found})] if found else []


@lru_cache(maxsize=20_000)
def _terms_of(title: str) -> frozenset[str]:
    return frozenset(terms(title))


def _figures(
    product: Product, variant: Variant, wanted: Constraints
) -> Iterator[tuple[str, object, object]]:
    yield "price_min", wanted.price_min, variant.price
    yield "price_max", wanted.price_max, variant.price
    yield "rating_min", wanted.rating_min, product.rating
    yield "category", wanted.category, product.category_path


def _attributes(
    product: Product, variant: Variant, wanted: Constraints
) -> Iterator[tuple[str, object, object]]:
    for name, asked in wanted.attributes.items():
        keys = {asked_key(name, value) for value in asked}
        own = [v for v in _values(product, variant, name) if keys & held_keys(name, v)]
        if name == "brand":
            yield name, asked, own[0] if own else product.brand
        else:
            yield name, asked, own
    for name, unwanted in wanted.exclude.items():
        if name == "text":
            yield "exclude.text", unwanted, product.title
        elif name == "category":
            yield "exclude.category", unwanted, product.category_path
        else:
            yield f"exclude.{name}", unwanted, list(_values(product, variant, name))


def _values(product: Product, variant: Variant, name: str) -> Iterable[str]:
    """The variant's own value of an attribute, or else the product's."""
    if name == "brand" and product.brand:
        return [product.brand]
    own = [value for key, value in variant.attributes.items() if key == name]
    return dict.fromkeys([*own, *product.attributes.get(name, ())])


def _spoken_words(query: str) -> list[str]:
    """The query's words as the shopper wrote them, Chinese cut into words."""
    spoken: dict[str, None] = {}
    for piece in query.split():
        if piece.isascii():
            spoken.setdefault(piece.strip(".,;:!?\"'()"))
        else:
            spoken.update(dict.fromkeys(terms(piece)))
    return [word for word in spoken if word and not is_stop_word(word.lower())]
