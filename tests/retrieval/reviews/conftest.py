"""A review store of its own for every test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.catalog.product import Product, Variant
from retrieval.reviews.review import Review
from retrieval.store.base import Base, Sessions, connect, session_factory
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.review_store import ReviewStore


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    engine = connect(f"sqlite:///{tmp_path / 'reviews.db'}")
    Base.metadata.create_all(engine)
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def store(sessions: Sessions) -> ReviewStore:
    return ReviewStore(sessions)


@pytest.fixture
def sell(sessions: Sessions) -> Callable[..., None]:
    """Puts a product into the catalogue: ``sell("p1", "Audio")``."""

    def put(key: str, department: str) -> None:
        variants = [Variant(sku=key, price=10)]
        product = Product(id=key, title=key, category_path=[department], variants=variants)
        CatalogStore(sessions).upsert_many([product])

    return put


@pytest.fixture
def review() -> Callable[..., Review]:
    def make(key: str, text: str, product_id: str = "p1", rating: int = 4) -> Review:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return Review(id=key, product_id=product_id, rating=rating, text=text, at=at)

    return make
