"""Which variants of a product meet the constraints, said of one product at a time.

The same rules as ``Columns.mask``, in plain words; applied at the very end to what SQL says, so
that nothing is shown that no longer fits.
"""

from collections.abc import Collection, Sequence

from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.index.columns import (
    Nodes,
    category_key,
    variant_attributes,
)
from retrieval.index.tokenize import needed_terms, title_terms
from retrieval.index.values import asked_key, folded

Held = Sequence[Collection[str]]
"""What ``variant_attributes`` says of a product, for callers that have it already."""


def fitting_variants(
    product: Product, wanted: Constraints, nodes: Nodes, held: Held | None = None
) -> list[Variant]:
    """The variants that meet every hard constraint, in the product's order.

    ``nodes`` says what category labels mean; a label that it lacks is compared with the names in
    the product's own category path.
    """
    if not _product_fits(product, wanted, nodes):
        return []
    return [
        variant
        for variant, keys in zip(product.variants, held or variant_attributes(product), strict=True)
        if _variant_fits(variant, keys, wanted)
    ]


def best_variant(
    product: Product,
    fitting: Collection[Variant],
    wanted: Constraints,
    held: Held | None = None,
) -> Variant:
    """Of the fitting variants: in stock first, then the most soft wishes met, then the cheapest."""
    wishes = {
        asked_key(name, value)
        for name, values in wanted.prefer_attributes.items()
        for value in values
    }
    if not wishes:
        return min(fitting, key=lambda v: (not v.in_stock, v.price))
    skus = (variant.sku for variant in product.variants)
    met = {
        sku: len(wishes.intersection(keys))
        for sku, keys in zip(skus, held or variant_attributes(product), strict=True)
    }
    return min(fitting, key=lambda v: (not v.in_stock, -met[v.sku], v.price))


def in_category(product: Product, label: str, nodes: Nodes) -> bool:
    """Whether one of the product's category nodes is meant by ``label``."""
    path = product.category_path
    own = {category_key(path[:depth]) for depth in range(1, len(path) + 1)}
    if nodes.get(label):
        return any(category_key(node) in own for node in nodes[label])
    paths = [path, *(text.category_path for text in product.translations.values())]
    return any(folded(label) == folded(name) for names in paths for name in names)


def _product_fits(product: Product, wanted: Constraints, nodes: Nodes) -> bool:
    if wanted.category is not None and not in_category(product, wanted.category, nodes):
        return False
    if wanted.rating_min is not None and (product.rating or -1.0) < wanted.rating_min:
        return False
    if any(in_category(product, label, nodes) for label in wanted.exclude.get("category", ())):
        return False
    unwanted = wanted.exclude.get("text")
    return not unwanted or not _is_titled(product, unwanted)


def _is_titled(product: Product, unwanted: Collection[str]) -> bool:
    titles = (product.title, *(text.title for text in product.translations.values()))
    held = {term for title in titles for term in title_terms(title)}
    asked = (needed_terms(text) for text in unwanted)
    return any(needed and needed <= held for needed in asked)


def _variant_fits(variant: Variant, keys: Collection[str], wanted: Constraints) -> bool:
    if wanted.in_stock_only and not variant.in_stock:
        return False
    if wanted.price_min is not None and variant.price < wanted.price_min:
        return False
    if wanted.price_max is not None and variant.price > wanted.price_max:
        return False
    for name, values in wanted.attributes.items():
        if values and not any(asked_key(name, value) in keys for value in values):
            return False
    return not any(
        asked_key(name, value) in keys
        for name, values in wanted.exclude.items()
        if name not in ("category", "text")
        for value in values
    )
