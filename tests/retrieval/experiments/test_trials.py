from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retrieval.candidate import Candidate
from retrieval.catalog.facets import CatalogFacets
from retrieval.constraints import Constraints
from retrieval.errors import ExperimentConflictError, ExperimentNotFoundError, WeightsError
from retrieval.experiments.experiment import ExperimentDraft
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.experiments.rankers import RankerShelf
from retrieval.experiments.trials import Trials
from retrieval.ranking.features import Features
from retrieval.ranking.objective import Objective
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.ranker import LearnedRanker
from retrieval.ranking.scorers import LinearScorer
from retrieval.ranking.traits import PriceLevels
from retrieval.store.base import Sessions

Draft = Callable[..., ExperimentDraft]


@pytest.fixture
def shelf(tmp_path: Path) -> RankerShelf:
    features = Features(Popularity(), PriceLevels(CatalogFacets()))
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "model.json").write_text("{}")
    return RankerShelf(LearnedRanker(features, LinearScorer()), features, tmp_path)


@pytest.fixture
def store(sessions: Sessions) -> ExperimentStore:
    return ExperimentStore(sessions)


def test_one_experiment_at_a_time(store: ExperimentStore, draft: Draft) -> None:
    def start(_: int) -> str | None:
        try:
            return store.start(draft()).id
        except ExperimentConflictError:
            return None

    with ThreadPoolExecutor(4) as pool:
        started = [key for key in pool.map(start, range(8)) if key]
    assert len(started) == 1
    running = store.running()
    assert running is not None and running.id == started[0]
    assert store.stop(running.id).stopped_at is not None
    assert store.running() is None
    with pytest.raises(ExperimentNotFoundError):
        store.stop("gone")


def test_each_customer_gets_the_ranker_of_the_arm(
    store: ExperimentStore, shelf: RankerShelf, draft: Draft
) -> None:
    trials = Trials(store, shelf)
    assert trials.of("ana") is None
    made = store.start(draft())
    trials = Trials(store, shelf)
    assert trials.of(None) is None
    for customer in ("ana", "bo", "cy", "dee"):
        trial = trials.of(customer)
        assert trial is not None and trial.rival is None
        assert trial.ranker is shelf.open(made.arm_of(customer).ranker)


def test_who_is_not_signed_in_is_assigned_by_the_session(
    store: ExperimentStore, shelf: RankerShelf, draft: Draft
) -> None:
    """Stable within a session, and the share is kept over many."""
    made = store.start(draft(share=0.25))
    trials = Trials(store, shelf)
    names = []
    for n in range(400):
        trial = trials.of(f"conv_{n}")
        again = trials.of(f"conv_{n}")
        assert trial is not None and again is not None and trial.ranker is again.ranker
        names.append(made.arm_of(f"conv_{n}").name)
    assert 60 < names.count("old") < 145


def test_the_merchants_aims_hold_for_every_ranker(
    tmp_path: Path, candidate: Callable[..., Candidate]
) -> None:
    features = Features(Popularity(), PriceLevels(CatalogFacets()))
    live = LearnedRanker(features, LinearScorer())
    aims = Objective(margin=5.0)
    for objective, first in ((None, "a"), (aims, "b")):
        shelf = RankerShelf(live, features, tmp_path, objective)
        plain, profitable = candidate("a", rating=5.0, review_count=9), candidate("b", margin=0.9)
        ranked = shelf.open("fixed").rank([profitable, plain], None, Constraints())
        assert ranked[0].id == first


def test_an_interleaved_list_is_recorded_and_stays_the_same(
    store: ExperimentStore, shelf: RankerShelf, draft: Draft, candidate: Callable[..., Candidate]
) -> None:
    made = store.start(draft("interleaving"))
    trial = Trials(store, shelf).of("ana")
    assert trial is not None and trial.rival is shelf.open("fixed")
    pool = [candidate(key) for key in "abcdef"]
    lists = [
        [c.id for c in trial.draft(pool[:4], pool[:1:-1][:4], Constraints())] for _ in range(3)
    ]
    assert len(lists[0]) == 4 and lists[0] == lists[1] == lists[2]
    shown = store.shown(made.id)
    assert [s.product_id for s in shown[:4]] == lists[0]
    assert {s.team for s in shown} == {"old", "new"}
    assert len(store.export("ana")) == 12
    store.erase("ana")
    assert store.shown(made.id) == []


def test_a_ranker_that_cannot_be_opened_leaves_the_live_one(
    store: ExperimentStore, shelf: RankerShelf, draft: Draft, caplog: Any
) -> None:
    broken = draft()
    broken.arms[0].ranker = broken.arms[1].ranker = "v1"
    store.start(broken)
    assert shelf.names() == ["live", "fixed", "v1"]
    for name in ("v1", "v2", "../v1"):
        with pytest.raises(WeightsError):
            shelf.open(name)
    assert Trials(store, shelf).of("ana") is None
    assert "cannot be opened" in caplog.text
