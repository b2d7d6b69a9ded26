"""Shadow scores change nothing; drift is told."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

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
from retrieval.ranking.scorers import LinearScorer, Scene, Scored
from retrieval.ranking.shadow import WAITING, Shadow, ShadowList
from retrieval.ranking.traits import PriceLevels

Make = Callable[..., Candidate]


class Reversed:
    """Orders as fixed weights do, the other way round."""

    def score(self, rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", scene: Scene) -> Any:
        parts, rest, click = LinearScorer().score(rows)
        return Scored(-parts, rest, -click)


class Broken:
    def score(self, rows: object, scene: Scene) -> Any:
        raise RuntimeError("broken")


class Kept(list[ShadowList]):
    def add(self, lists: Sequence[ShadowList]) -> None:
        self.extend(lists)


@pytest.fixture
def candidates(candidate: Make) -> list[Candidate]:
    return [candidate(f"p{n}", price=10.0 + n, rating=3 + n / 5, review_count=50) for n in range(8)]


def ranker(candidates: Sequence[Candidate], scorer: object) -> LearnedRanker:
    products: list[Product] = [c.product for c in candidates]
    features = Features(Popularity(), PriceLevels.observe(products))
    return LearnedRanker(features, scorer)  # type: ignore[arg-type]


def shadow_of(folder: Path, kept: Kept, opens: Callable[[str], LearnedRanker]) -> Shadow:
    (folder / "shadow").write_text("v2\n")
    return Shadow(folder, opens, kept, lambda position: 1 / (1 + position))


def test_a_shadow_scores_what_is_shown_and_changes_nothing(
    candidates: list[Candidate], tmp_path: Path
) -> None:
    ranked = ranker(candidates, LinearScorer()).rank(candidates, None, Constraints())
    before = [(c.id, c.score, dict(c.contributions)) for c in ranked]
    kept = Kept()
    shadow = shadow_of(tmp_path, kept, lambda version: ranker(candidates, Reversed()))
    shadow.see(ranked, ranked[:3], None, "ana")
    shadow.wait()
    assert [(c.id, c.score, dict(c.contributions)) for c in ranked] == before
    (told,) = kept
    assert (told.version, told.shopper_id, told.same_first) == ("v2", "ana", False)
    assert told.correlation == pytest.approx(-1) and told.top_overlap == pytest.approx(2 / 5)
    assert [s.product_id for s in told.shown] == [c.id for c in ranked[:3]]
    assert [s.examination for s in told.shown] == pytest.approx([1, 1 / 2, 1 / 3])
    assert told.shown[0].shadow < told.shown[2].shadow and told.shown[0].live > told.shown[2].live


def test_the_same_model_gives_the_same_scores(candidates: list[Candidate], tmp_path: Path) -> None:
    """A shadow reads the features of the live ranker, and makes of them what it would by itself."""
    live, kept = ranker(candidates, LinearScorer()), Kept()
    shadow = shadow_of(tmp_path, kept, lambda version: live)
    ranked = live.rank(candidates, None, Constraints(query="thing"))
    for _ in range(4):
        shadow.see(ranked, ranked, None, "ana")
    shadow.wait()
    assert len(kept) == 4
    for told in kept:
        assert told.correlation == pytest.approx(1) and told.same_first and told.top_overlap == 1
        for one in told.shown:
            assert 1 / (1 + np.exp(-one.shadow)) == pytest.approx(one.live)


def test_a_broken_shadow_harms_nobody(candidates: list[Candidate], tmp_path: Path) -> None:
    ranked = ranker(candidates, LinearScorer()).rank(candidates, None, Constraints())
    kept = Kept()
    shadow = shadow_of(tmp_path, kept, lambda version: ranker(candidates, Broken()))
    shadow.see(ranked, ranked, None, "ana")
    shadow.wait()
    assert not kept and shadow.left_out == 1


def test_a_slow_shadow_is_left_behind(candidates: list[Candidate], tmp_path: Path) -> None:
    """Turns never wait: what comes faster than it is scored is left out."""
    ranked = ranker(candidates, LinearScorer()).rank(candidates, None, Constraints())
    gate, kept = Event(), Kept()

    def slowly(version: str) -> LearnedRanker:
        assert gate.wait(20)
        return ranker(candidates, LinearScorer())

    shadow = shadow_of(tmp_path, kept, slowly)
    for _ in range(5 * WAITING):
        shadow.see(ranked, ranked, None, "ana")
    assert shadow.left_out >= 3 * WAITING
    gate.set()
    shadow.wait()
    assert len(kept) + shadow.left_out == 5 * WAITING


def test_without_a_pointer_nothing_is_scored(candidates: list[Candidate], tmp_path: Path) -> None:
    ranked = ranker(candidates, LinearScorer()).rank(candidates, None, Constraints())
    kept = Kept()
    shadow = Shadow(tmp_path, lambda version: pytest.fail("opened"), kept, lambda position: 1.0)
    shadow.see(ranked, ranked, None, "ana")
    shadow.wait()
    assert shadow.version() is None and not kept


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
