"""The demo store: a believable shop made from data files, the same for the same seed.

Another ``now`` moves every date and changes nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from retrieval.catalog.product import Product
from retrieval.demo.behaviour import (
    DAYS,
    LISTS_PER_CUSTOMER,
    EventTable,
    live_a_month,
    make_shelf,
)
from retrieval.demo.dice import array_dice
from retrieval.demo.ordering import make_orders
from retrieval.demo.products import MadeProduct, make_products
from retrieval.demo.reviewing import write_reviews
from retrieval.demo.shoppers import make_customers, make_preferences
from retrieval.demo.truth import Truth, hidden_quality, quality_matrix
from retrieval.reviews.review import Review
from retrieval.store.customer import Customer
from retrieval.store.order import Order

REFERENCE_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The moment at which a generated store's month of behaviour ends, unless another is asked for."""

Progress = Callable[[str], None]
"""Told the name of each step as it begins."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How much shopping is generated."""

    customers: int | None = None
    """At most so many customers; all where it is ``None``."""
    lists_each: float = LISTS_PER_CUSTOMER
    days: int = DAYS


@dataclass(slots=True)
class DemoStore:
    """A whole shop. ``truth`` is for evals only."""

    products: list[Product]
    reviews: list[Review]
    customers: list[Customer]
    events: EventTable
    orders: list[Order]
    truth: Truth

    def move_to(self, now: datetime) -> None:
        """Shift every date so that the month of behaviour ends at ``now``."""
        shift = now - self.events.end
        self.events.end = now
        for product in self.products:
            product.created_at = product.created_at and product.created_at + shift
        for review in self.reviews:
            review.at += shift
        for order in self.orders:
            order.placed_at += shift
            for name in ("shipped_at", "expected_at", "delivered_at"):
                if name in order.attributes:
                    moved = datetime.fromisoformat(order.attributes[name]) + shift
                    order.attributes[name] = moved.isoformat(timespec="minutes")


def demo_products(seed: int = 7, scale: float = 1.0) -> list[Product]:
    """The products alone, in a second or two; without ratings, which come from the reviews."""
    return [made.product for made in make_products(seed, scale, REFERENCE_NOW)]


def generate(
    seed: int = 7,
    scale: float = 1.0,
    now: datetime = REFERENCE_NOW,
    progress: Progress = lambda step: None,
    behaviour: Behaviour | None = None,
) -> DemoStore:
    """Make the store; ``scale`` multiplies products per type (at least one) and customers.

    ``behaviour``: a longer history of fewer customers, for evals; the shop itself has a month.
    """
    shopping = behaviour or Behaviour()
    progress("products")
    made = make_products(seed, scale, REFERENCE_NOW)
    products = [item.product for item in made]
    quality = {item.product.id: hidden_quality(item, seed) for item in made}
    aspects = sorted({aspect for known in quality.values() for aspect in known})
    shelf = make_shelf(made, quality_matrix(quality, list(quality), aspects), seed)

    progress("customers")
    customers = make_customers(seed, scale)[: shopping.customers]
    taste = make_preferences(
        len(customers), len(shelf.brands), len(shelf.color_names), aspects, seed
    )

    progress("reviews")
    luck = array_dice(seed, "review counts").normal(0, 0.5, len(made))
    popularity = np.exp(0.35 * shelf.appeal + luck)
    popularity /= popularity.mean()
    reviews, labels = write_reviews(
        made, quality, popularity.tolist(), customers, seed, REFERENCE_NOW
    )
    _rate(made, reviews)

    progress("behaviour")
    events, impressions = live_a_month(
        made, shelf, customers, taste, seed, REFERENCE_NOW, shopping.lists_each, shopping.days
    )

    progress("orders")
    orders = make_orders(events, products, customers, seed)
    arrays = {f"taste_{name}": getattr(taste, name) for name in taste.__slots__} | impressions
    names = {"aspects": aspects, "brands": [b.en for b in shelf.brands]}
    names["colors"] = shelf.color_names
    arrays |= {f"names_{key}": np.array(values) for key, values in names.items()}
    truth = Truth(quality, labels, arrays)
    store = DemoStore(products, reviews, customers, events, orders, truth)
    store.move_to(now)
    return store


def _rate(made: list[MadeProduct], reviews: list[Review]) -> None:
    """Give each product the count and mean of its own reviews."""
    stars: dict[str, list[int]] = {}
    for review in reviews:
        stars.setdefault(review.product_id, []).append(review.rating)
    for item in made:
        given = stars.get(item.product.id, [])
        item.product.review_count = len(given)
        item.product.rating = round(sum(given) / len(given), 2) if given else None
