from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.candidate import Candidate
from retrieval.ranking.diversity import FLOOR, diversify, near_twins, tell_brands

Make = Callable[..., Any]


@pytest.fixture
def twins(candidate: Make) -> list[Candidate]:
    """Six shirts that differ in nothing but their score."""
    return [
        candidate(f"t{n}", score=0.9 - n / 100, title="Plain cotton shirt white") for n in range(6)
    ]


@pytest.fixture
def others(candidate: Make) -> list[Candidate]:
    titles = ["Linen summer dress", "Denim jacket", "Wool coat", "Silk scarf"]
    return [
        candidate(f"o{n}", score=0.7, title=title, brand=f"Brand {n}", color=f"c{n}")
        for n, title in enumerate(titles)
    ]


def test_at_most_two_twins_among_the_first_five(
    twins: list[Candidate], others: list[Candidate]
) -> None:
    shown = diversify([*twins, *others], 5)
    assert sum(c.id.startswith("t") for c in shown) <= 2
    assert shown[0].id == "t0"


def test_twins_are_shown_where_there_is_nothing_else(twins: list[Candidate]) -> None:
    assert len(diversify(twins, 5)) == 5


def test_nothing_bad_is_lifted_for_being_different(twins: list[Candidate], candidate: Make) -> None:
    odd = candidate("odd", score=FLOOR * 0.9 * 0.9, title="Garden hose", brand="Hoses", color="g")
    assert [c.id for c in diversify([*twins[:2], odd], 2)] == ["t0", "t1"]


def test_vectors_tell_twins_apart_that_words_do_not(candidate: Make) -> None:
    one, other = candidate("a", title="Evening gown", color="red"), candidate("b", title="Soirée")
    far = candidate("c", title="Desk lamp", brand="Lux", color="white")
    for c, score in ((one, 0.9), (other, 0.89), (far, 0.88)):
        c.score = score
    same = np.array([1.0, 0.0], dtype=np.float32)
    vectors = {"a": same, "b": same, "c": np.array([0.0, 1.0], dtype=np.float32)}
    assert [c.id for c in diversify([one, other, far], 2, vectors)] == ["a", "c"]


def test_a_new_brand_in_the_list_is_evidence(
    twins: list[Candidate], others: list[Candidate]
) -> None:
    shown = diversify([twins[0], twins[1], others[0]], 3)
    tell_brands(shown)
    told = {c.id: [e.values for e in c.evidence] for c in shown}
    assert told == {"t0": [], "o0": [{"brand": "Brand 0"}], "t1": []}


def test_size_alone_makes_no_difference(candidate: Make) -> None:
    a = candidate("a", title="Trail runner shoe", attributes={"size": ["40"], "color": ["red"]})
    b = candidate("b", title="Trail runner shoe", attributes={"size": ["43"], "color": ["red"]})
    assert near_twins(a, b)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    scores=st.lists(st.floats(0, 1), max_size=12),
    limit=st.integers(0, 14),
    kinds=st.integers(1, 4),
)
def test_it_only_reorders(candidate: Make, scores: list[float], limit: int, kinds: int) -> None:
    pool = [
        candidate(f"p{n}", score=score, title=f"Thing of kind {n % kinds}")
        for n, score in enumerate(scores)
    ]
    shown = diversify(pool, limit)
    assert len(shown) == min(limit, len(pool))
    assert len({c.id for c in shown}) == len(shown)
