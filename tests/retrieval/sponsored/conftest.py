"""A database with tables, and campaigns in one line."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import retrieval.store.tables  # noqa: F401  (all tables on one metadata)
from retrieval.sponsored.campaign import CampaignDraft
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.store.base import Base, connect, session_factory


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CampaignStore]:
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine)
    yield CampaignStore(session_factory(engine))
    engine.dispose()


@pytest.fixture
def draft() -> Callable[..., CampaignDraft]:
    def make(**values: Any) -> CampaignDraft:
        now = datetime.now(UTC)
        given: dict[str, Any] = {
            "name": "Spring",
            "advertiser": "Acme",
            "product_ids": ["p1"],
            "bid": 0.5,
            "budget": 10,
            "starts_at": now - timedelta(days=2),
            "ends_at": now + timedelta(minutes=1),
        }
        return CampaignDraft.model_validate({**given, **values})

    return make
