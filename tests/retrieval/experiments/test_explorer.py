from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.events.event import Event, EventType
from retrieval.experiments.explorer import Explorer
from retrieval.ranking.popularity import Popularity

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Make = Callable[..., Candidate]


def seen(popularity: Popularity, product: str, times: int, clicks: int = 0) -> None:
    kinds = [EventType.IMPRESSION] * times + [EventType.CLICK] * clicks
    popularity.observe(
        Event(type=kind, customer_id=f"c{n}", product_id=product, at=NOW, position=0)
        for n, kind in enumerate(kinds)
    )


@pytest.fixture
def popularity() -> Popularity:
    found = Popularity()
    for n in range(6):
        seen(found, f"old{n}", 80, 8)
    return found


@pytest.fixture
def kept(candidate: Make) -> list[Candidate]:
    long_ago, lately = NOW - timedelta(days=300), NOW - timedelta(days=3)
    old = [candidate(f"old{n}", 0.8, created_at=long_ago) for n in range(6)]
    new = [candidate(f"new{n}", 0.6, created_at=lately) for n in range(3)]
    return [*old, *new]


def explored(explorer: Explorer, kept: list[Candidate], customer: str | None) -> list[str]:
    return [c.id for c in explorer.explore(kept, kept[:4], Constraints(), customer)]


def test_a_share_of_lists_ends_with_a_newcomer(
    popularity: Popularity, kept: list[Candidate]
) -> None:
    explorer = Explorer(popularity, 0.2, now=lambda: NOW)
    lists = [explored(explorer, kept, f"c{n}") for n in range(500)]
    tried = Counter(shown[3] for shown in lists if shown[3].startswith("new"))
    assert 60 <= tried.total() <= 140
    assert set(tried) == {"new0", "new1", "new2"}
    assert all(shown[:3] == ["old0", "old1", "old2"] for shown in lists)
    assert explored(explorer, kept, "c1") == explored(explorer, kept, "c1")


def test_who_is_clicked_is_tried_more_often(popularity: Popularity, kept: list[Candidate]) -> None:
    seen(popularity, "new0", 40, 0)
    seen(popularity, "new1", 40, 12)
    explorer = Explorer(popularity, 1.0, now=lambda: NOW)
    tried = Counter(explored(explorer, kept, f"c{n}")[3] for n in range(300))
    assert tried["new1"] > 200 > 30 > tried["new0"]


def test_a_product_that_is_known_gives_way_to_nobody_anymore(
    popularity: Popularity, kept: list[Candidate]
) -> None:
    for n in range(3):
        seen(popularity, f"new{n}", 90, 2)
    explorer = Explorer(popularity, 1.0, now=lambda: NOW)
    assert explored(explorer, kept, "ana") == ["old0", "old1", "old2", "old3"]


def test_nothing_poor_nothing_for_strangers_and_nothing_where_all_is_new(
    popularity: Popularity, kept: list[Candidate]
) -> None:
    plain = ["old0", "old1", "old2", "old3"]
    explorer = Explorer(popularity, 1.0, now=lambda: NOW)
    assert explored(explorer, kept, None) == plain
    assert explored(Explorer(popularity, 0.0, now=lambda: NOW), kept, "ana") == plain
    assert explored(Explorer(Popularity(), 1.0, now=lambda: NOW), kept, "ana") == plain
    for candidate in kept[6:]:
        candidate.score = 0.3
    assert explored(explorer, kept, "ana") == plain


def test_a_product_without_a_date_is_new_until_it_is_shown(
    popularity: Popularity, kept: list[Candidate], candidate: Make
) -> None:
    explorer = Explorer(popularity, 1.0, now=lambda: NOW)
    undated = candidate("undated", 0.7)
    shown = explorer.explore([*kept[:6], undated], kept[:4], Constraints(), "ana")
    assert [e.key for e in shown[3].evidence] == ["new_never_shown"]
    seen(popularity, "undated", 1)
    assert explorer.explore([*kept[:6], undated], kept[:4], Constraints(), "ana") == kept[:4]
