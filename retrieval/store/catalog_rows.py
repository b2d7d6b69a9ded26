"""A product as the rows of its two tables, and what tells whether it changed."""

import hashlib
import json
from typing import Any

from retrieval.catalog.product import Product

SELLING_FIELDS = {"price", "list_price", "stock", "in_stock"}
"""What the variants table holds and the document does not."""

TEXT_FIELDS = {
    "title",
    "description",
    "language",
    "category_path",
    "brand",
    "attributes",
    "tags",
    "translations",
}


def text_hash(product: Product) -> str:
    """Fingerprint of everything about a product that text search reads."""
    texts: dict[str, Any] = product.model_dump(mode="json", include=TEXT_FIELDS)
    texts["variants"] = [variant.attributes for variant in product.variants]
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()


def document_of(product: Product) -> str:
    """The JSON that is kept of a product: all but what the variants table holds."""
    return product.model_dump_json(exclude={"variants": {"__all__": SELLING_FIELDS}})


def product_row(product: Product, document: str, text: str, revision: int) -> dict[str, Any]:
    """Values of a ``ProductRow``; ``text`` is the product's ``text_hash``."""
    return {
        "id": product.id,
        "revision": revision,
        "document": document,
        "title": product.title,
        "department": product.department,
        "text_hash": text,
        "price_min": product.price,
        "in_stock": product.in_stock,
        "rating": product.rating,
        "review_count": product.review_count,
        "created_at": product.created_at,
        "removed": False,
    }


def variant_rows(product: Product) -> list[dict[str, Any]]:
    """Values of its ``VariantRow``s, in the order of the variants."""
    return [
        {
            "product_id": product.id,
            "sku": variant.sku,
            "position": position,
            "price": variant.price,
            "list_price": variant.list_price,
            "stock": variant.stock,
            "in_stock": variant.in_stock,
        }
        for position, variant in enumerate(product.variants)
    ]
