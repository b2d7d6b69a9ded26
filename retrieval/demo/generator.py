"""The demo store: a believable shop made from data files, the same for the same seed."""

from datetime import UTC, datetime

from retrieval.catalog.product import Product
from retrieval.demo.products import make_products

REFERENCE_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The moment at which a generated store's month of behaviour ends, unless another is asked for."""


def demo_products(
    seed: int = 7, scale: float = 1.0, now: datetime = REFERENCE_NOW
) -> list[Product]:
    """The products alone, without the reviews and behaviour that would take longer to make."""
    return [made.product for made in make_products(seed, scale, now)]
