"""The little that understanding needs to know of a product the shopper has before them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from retrieval.catalog.product import Product


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product as it was shown: what "the red one" or "cheaper" is measured against."""

    id: str
    title: str
    attributes: dict[str, list[str]] = field(default_factory=dict)
    """``brand`` included; values in the catalogue's words and in the language shown."""
    price: float = 0.0
    rating: float | None = None
    category: str | None = None
    aspects: frozenset[str] = frozenset()
    """What its reviews judge."""


def shown_product(product: Product, language: str, aspects: Iterable[str] = ()) -> ShownProduct:
    """The record of a product as it reads in ``language``, with what its reviews judge."""
    text = product.text(language)
    attributes = product.all_attributes()
    for name, values in text.attributes.items():
        attributes[name] = [*dict.fromkeys([*attributes.get(name, []), *values])]
    if product.brand:
        attributes["brand"] = [*dict.fromkeys([product.brand, text.brand or product.brand])]
    return ShownProduct(
        id=product.id,
        title=text.title,
        attributes=attributes,
        price=product.price,
        rating=product.rating,
        category=product.category_path[-1] if product.category_path else None,
        aspects=frozenset(aspects),
    )
