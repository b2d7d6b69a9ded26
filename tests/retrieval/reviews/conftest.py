"""A review store of its own for every test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.reviews.review import Review
from retrieval.store.base import Base, connect, session_factory
from retrieval.store.review_store import ReviewStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    engine = connect(f"sqlite:///{tmp_path / 'reviews.db'}")
    Base.metadata.create_all(engine)
    yield ReviewStore(session_factory(engine))
    engine.dispose()


@pytest.fixture
def review() -> Callable[..., Review]:
    def make(key: str, text: str, product_id: str = "p1", rating: int = 4) -> Review:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return Review(id=key, product_id=product_id, rating=rating, text=text, at=at)

    return make
