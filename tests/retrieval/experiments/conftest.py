"""A database with tables, candidates and an experiment in one line."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import retrieval.store.tables  # noqa: F401  (all tables on one metadata)
from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant
from retrieval.experiments.experiment import Experiment, ExperimentDraft
from retrieval.store.base import Base, Sessions, connect, session_factory


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine)
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def candidate() -> Callable[..., Candidate]:
    def make(key: str, score: float = 0.5, **values: Any) -> Candidate:
        title = values.pop("title", f"{key} thing called {key}")
        made = Product(
            id=key, title=title, brand=key, variants=[Variant(sku=key, price=1)], **values
        )
        return Candidate(made, made.variants[0], score=score)

    return make


@pytest.fixture
def draft() -> Callable[..., ExperimentDraft]:
    def make(kind: str = "ab", share: float = 0.5) -> ExperimentDraft:
        arms = [
            {"name": "old", "ranker": "live", "share": share},
            {"name": "new", "ranker": "fixed", "share": 1 - share},
        ]
        return ExperimentDraft.model_validate({"name": "Try", "kind": kind, "arms": arms})

    return make


@pytest.fixture
def experiment(draft: Callable[..., ExperimentDraft]) -> Callable[..., Experiment]:
    def make(kind: str = "ab", share: float = 0.5, key: str = "ex_1") -> Experiment:
        made = draft(kind, share)
        return Experiment(
            **made.model_dump(),
            id=key,
            state="running",
            started_at=datetime(2026, 3, 1, tzinfo=UTC),
        )

    return make
