"""A small shop with behaviour of known causes: brand tastes, appeal, and the place in the list."""

import math
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from retrieval.catalog.product import Product, Variant
from retrieval.events.event import Event, EventType

START = datetime(2026, 1, 1, tzinfo=UTC)
BRANDS = ["Alpha", "Beta", "Gamma", "Delta"]


@pytest.fixture(scope="session")
def products() -> dict[str, Product]:
    made = [
        Product(
            id=f"p{n}",
            title=f"Thing {n}",
            category_path=["Things"],
            brand=BRANDS[n % 4],
            variants=[Variant(sku=f"p{n}", price=10.0 + n)],
        )
        for n in range(40)
    ]
    return {product.id: product for product in made}


@pytest.fixture(scope="session")
def behaviour(products: dict[str, Product]) -> list[Event]:
    """6,000 impressions over 24 days."""
    random = Random(11)
    appeal = {key: random.gauss(0, 0.8) for key in products}
    events = []
    for step in range(1000):
        customer = f"c{step % 120}"
        loved = BRANDS[int(customer[1:]) % 4]
        at = START + timedelta(days=24 * step / 1000)
        for place, key in enumerate(random.sample(sorted(products), 6)):
            shown = Event(
                type=EventType.IMPRESSION,
                customer_id=customer,
                product_id=key,
                position=place,
                at=at,
            )
            events.append(shown)
            odds = -1.8 + appeal[key] + 2 * (products[key].brand == loved)
            if random.random() < (1 + place) ** -0.7 / (1 + math.exp(-odds)):
                later = {"at": at + timedelta(minutes=2), "type": EventType.CLICK}
                events.append(shown.model_copy(update=later))
                if random.random() < 0.3:
                    later = {"at": at + timedelta(minutes=9), "type": EventType.PURCHASE}
                    events.append(shown.model_copy(update={**later, "position": None}))
    return events
