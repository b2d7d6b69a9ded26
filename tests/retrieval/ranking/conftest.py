"""Products, candidates and events in one line each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant
from retrieval.events.event import Event, EventType

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def product() -> Callable[..., Product]:
    def make(key: str, price: float = 50.0, **values: Any) -> Product:
        attributes = {"color": [values.pop("color", "black")]}
        given: dict[str, Any] = {
            "title": f"Product {key}",
            "category_path": ["Clothing", "Dresses"],
            "brand": "Acme",
            "attributes": attributes,
            "variants": [Variant(sku=key, price=price, list_price=values.pop("list_price", None))],
        }
        return Product(id=key, **{**given, **values})

    return make


@pytest.fixture
def candidate(product: Callable[..., Product]) -> Callable[..., Candidate]:
    def make(key: str, price: float = 50.0, score: float = 0.0, **values: Any) -> Candidate:
        made = product(key, price, **values)
        return Candidate(made, made.variants[0], score=score)

    return make


@pytest.fixture
def event() -> Callable[..., Event]:
    def make(
        kind: str, product_id: str, days_ago: float = 0.0, customer: str = "c1", **values: Any
    ) -> Event:
        at = NOW - timedelta(days=days_ago)
        return Event(
            type=EventType(kind), customer_id=customer, product_id=product_id, at=at, **values
        )

    return make
