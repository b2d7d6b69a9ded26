"""Names and values of the catalogue in the language of the turn."""

from retrieval.catalog.product import Product, Variant
from retrieval.lexicon import Lexicon


def title(product: Product, language: str) -> str:
    return product.text(language).title


def brand(product: Product, language: str) -> str | None:
    return product.text(language).brand or product.brand


def category(product: Product, language: str) -> str | None:
    """The most specific category name."""
    path = product.text(language).category_path or product.category_path
    return path[-1] if path else None


def value(product: Product, name: str, raw: str, language: str, lexicon: Lexicon) -> str:
    """A value of one of the product's attributes, as the catalogue or else the lexicon words it."""
    if language == product.language:
        return raw
    own = product.all_attributes().get(name, [])
    translated = product.text(language).attributes.get(name, [])
    if language in product.translations and len(translated) == len(own) and raw in own:
        return translated[own.index(raw)]
    return lexicon.label(name, raw, language)


def values(product: Product, name: str, language: str, lexicon: Lexicon) -> list[str]:
    """All values of an attribute, in the language of the turn."""
    raw = product.all_attributes().get(name, [])
    return [value(product, name, v, language, lexicon) for v in raw]


def variant_words(product: Product, variant: Variant, language: str, lexicon: Lexicon) -> str:
    """What tells a variant from its siblings: ``black, M``; empty where it has none."""
    parts = [
        value(product, name, raw, language, lexicon) for name, raw in variant.attributes.items()
    ]
    return ", ".join(parts) if language == "en" else "、".join(parts)
