"""Shadow scores change nothing; drift is told."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.errors import WeightsError
from retrieval.ranking.drift import (
    ALARM,
    LEAST,
    Reference,
    load_reference,
    save_reference,
    shifts,
)
from retrieval.ranking.features import BEHAVIOUR, Features
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.ranker import LearnedRanker
from retrieval.ranking.scorers import LinearScorer, Scene
from retrieval.ranking.shadow import ShadowRanker
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Candidate]


class Reversed:
    """Orders as fixed weights do, the other way round."""

    def contributions(
        self, rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", scene: Scene
    ) -> tuple[object, object]:
        parts, rest = LinearScorer().contributions(rows)
        return -parts, rest


class Broken:
    def contributions(self, rows: object, scene: Scene) -> tuple[object, object]:
        raise RuntimeError("broken")


@pytest.fixture
def candidates(candidate: Make) -> list[Candidate]:
    return [candidate(f"p{n}", price=10.0 + n, rating=3 + n / 5, review_count=50) for n in range(8)]


def ranker(candidates: Sequence[Candidate], scorer: object) -> LearnedRanker:
    products: list[Product] = [c.product for c in candidates]
    features = Features(Popularity(), PriceLevels.observe(products))
    return LearnedRanker(features, scorer)  # type: ignore[arg-type]


def test_a_shadow_scores_and_the_live_order_stands(candidates: list[Candidate]) -> None:
    live = ranker(candidates, LinearScorer())
    expected = [c.id for c in live.rank(candidates, None, Constraints())]
    parts = {c.id: dict(c.contributions) for c in candidates}
    shadow = ShadowRanker(live, ranker(candidates, Reversed()))
    assert [c.id for c in shadow.rank(candidates, None, Constraints())] == expected
    assert {c.id: c.contributions for c in candidates} == parts
    told = shadow.agreement()
    assert told.lists == 1 and told.correlation == pytest.approx(-1) and told.same_first == 0
    assert told.top_overlap == pytest.approx(2 / 5)


def test_the_same_model_agrees_with_itself(candidates: list[Candidate]) -> None:
    live = ranker(candidates, LinearScorer())
    shadow = ShadowRanker(live, ranker(candidates, LinearScorer()), every=2)
    for _ in range(4):
        shadow.rank(candidates, None, Constraints())
    told = shadow.agreement()
    assert (told.lists, told.same_first, told.top_overlap) == (2, 1, 1)


def test_a_broken_shadow_harms_nobody(candidates: list[Candidate]) -> None:
    shadow = ShadowRanker(ranker(candidates, LinearScorer()), ranker(candidates, Broken()))
    assert len(shadow.rank(candidates, None, Constraints())) == len(candidates)
    assert shadow.agreement().failures == 1


def test_drift_is_alarming_where_the_world_moved_and_only_there(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    trained = {"score": random.normal(size=5000), "price_level": random.normal(size=5000)}
    save_reference(trained, tmp_path)
    now = {"score": random.normal(size=3000), "price_level": random.normal(1.0, 1.0, 3000)}
    found = shifts(load_reference(tmp_path), now)
    assert [shift.name for shift in found] == ["price_level", "score"]
    assert found[0].is_alarm and found[0].psi > ALARM
    assert not found[1].is_alarm and found[1].psi < 0.02


def test_few_values_say_nothing_and_constants_do_not_break() -> None:
    assert shifts({"a": Reference.of(np.arange(10.0))}, {"a": np.arange(LEAST - 1.0)}) == []
    constant = Reference.of(np.zeros(1000))
    assert constant.psi(np.zeros(1000)) == pytest.approx(0)
    assert constant.psi(np.ones(1000)) > ALARM


@pytest.mark.parametrize("text", ["", "[]", '{"a": {"edges": [1]}}'])
def test_a_damaged_reference_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "reference.json").write_text(text)
    with pytest.raises(WeightsError, match=r"reference\.json"):
        load_reference(tmp_path)


def test_all_features_have_names() -> None:
    assert len(set(BEHAVIOUR)) == len(BEHAVIOUR)
