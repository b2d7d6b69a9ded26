"""From the generator through the cache into SQL."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.migrations import migrate
from retrieval.demo.cache import cached_store
from retrieval.demo.generator import DemoStore
from retrieval.demo.load import load_demo
from retrieval.store.base import connect, session_factory
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.event_store import EventStore
from retrieval.store.order_store import OrderStore
from retrieval.store.review_store import ReviewStore


def test_the_cache_gives_the_same_store(tmp_path: Path) -> None:
    first = cached_store(tmp_path, seed=3, scale=0.05)
    second = cached_store(tmp_path, seed=3, scale=0.05)
    assert second.products == first.products
    assert second.reviews == first.reviews
    assert second.orders == first.orders
    assert list(second.events) == list(first.events)
    assert second.truth.quality == first.truth.quality
    assert second.truth.labels == first.truth.labels


def test_a_damaged_cache_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = cached_store(tmp_path, seed=3, scale=0.05)
    (damaged,) = tmp_path.glob("*/products.jsonl")
    damaged.write_text("{", "utf-8")
    assert cached_store(tmp_path, seed=3, scale=0.05).products == first.products
    assert "damaged" in caplog.text


def test_a_cached_store_ends_when_asked(tmp_path: Path) -> None:
    now = datetime(2031, 2, 3, tzinfo=UTC)
    cached_store(tmp_path, seed=3, scale=0.05)
    moved = cached_store(tmp_path, seed=3, scale=0.05, now=now)
    assert moved.events.end == now
    assert max(review.at for review in moved.reviews) <= now


def test_all_of_it_arrives_in_sql(tmp_path: Path, small: DemoStore) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    migrate(engine)
    sessions = session_factory(engine)
    steps: list[str] = []
    counts = load_demo(sessions, small, steps.append)
    catalog = CatalogStore(sessions)
    assert catalog.state().is_demo and catalog.state().currency == "USD"
    assert catalog.count() == counts["products"] == len(small.products)
    assert catalog.get(small.products[7].id) == small.products[7]
    assert ReviewStore(sessions).count() == counts["reviews"]
    assert EventStore(sessions).count() == counts["events"]
    assert OrderStore(sessions).count() == counts["orders"]
    assert len(steps) == 5

    load_demo(sessions, small)
    assert EventStore(sessions).count() == counts["events"]
    engine.dispose()
