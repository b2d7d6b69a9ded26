import json
from pathlib import Path

import numpy as np
import pytest

from finetune.errors import TrainingDataError
from finetune.sequence.course import hold_out, train_sequence
from finetune.sequence.histories import Told, numbered
from finetune.sequence.recipe import SequenceRecipe
from retrieval.ranking.sequence.history import Counted, SequenceEvent
from retrieval.ranking.sequence.model import SequenceModel


def test_a_course_learns_order_and_serves_it(
    told: list[Told], recipe: SequenceRecipe, tmp_path: Path
) -> None:
    rows: list[dict[str, float]] = []
    metrics = train_sequence(told, Counted(), tmp_path, recipe, test=True, report=rows.append)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert metrics["test"]["blend"]["ndcg_at_10"] > 2 * metrics["test"]["popularity"]["ndcg_at_10"]
    assert metrics["tested"] == 90
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 4
    assert "| blend |" in (tmp_path / "MODEL_CARD.md").read_text()
    assert not (tmp_path / "checkpoint.pt").exists()
    model = SequenceModel.load(tmp_path)
    best = [item for item, _ in model.best([SequenceEvent("i3"), SequenceEvent("i4")], 3)]
    assert "i5" in best


def test_the_same_seed_gives_the_same_model(
    told: list[Told], recipe: SequenceRecipe, tmp_path: Path
) -> None:
    short = recipe.model_copy(update={"epochs": 1})
    for name in ("a", "b"):
        train_sequence(told, Counted(), tmp_path / name, short)
    history = [SequenceEvent("i3")]
    first, second = (SequenceModel.load(tmp_path / name).best(history, 9) for name in "ab")
    assert first == second


def test_a_run_that_was_cut_off_goes_on(
    told: list[Told], recipe: SequenceRecipe, tmp_path: Path
) -> None:
    def stop(row: dict[str, float]) -> None:
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_sequence(told, Counted(), tmp_path / "cut", recipe, report=stop)
    seen: list[float] = []
    train_sequence(
        told, Counted(), tmp_path / "cut", recipe, report=lambda row: seen.append(row["epoch"])
    )
    assert seen == [3]
    train_sequence(told, Counted(), tmp_path / "whole", recipe)
    history = [SequenceEvent("i3")]
    cut, whole = (SequenceModel.load(tmp_path / name).best(history, 9) for name in ("cut", "whole"))
    assert cut == whole


def test_an_item_that_nobody_had_is_reached_by_its_text(
    told: list[Told], recipe: SequenceRecipe, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    texts = {f"i{n}": random.normal(size=8).astype(np.float32) for n in range(30)}
    texts |= {"new": texts["i3"].copy()}
    train_sequence(told, Counted(), tmp_path, recipe, texts)
    model = SequenceModel.load(tmp_path)
    assert "new" in model.items
    vectors = model.item_vectors(["new", "i3"])
    assert np.linalg.norm(vectors[0]) > 0
    history = [SequenceEvent("new")]
    assert model.customer_vector(history) is not None


def test_validation_items_are_not_learnt_before_they_are_predicted(told: list[Told]) -> None:
    every = numbered(told)
    before, held = hold_out(every, SequenceRecipe(held_out=20))
    assert len(held.customers) == 20
    for customer, target in zip(held.customers, held.targets, strict=True):
        assert every.rows[customer][-1] == target
        assert len(before.rows[customer]) == len(every.rows[customer]) - 1
    assert sum(map(len, before.rows)) == sum(map(len, every.rows)) - 20


def test_half_of_those_with_two_events_are_left_to_learn_from() -> None:
    pairs = [Told(str(n), [SequenceEvent("x"), SequenceEvent("y")]) for n in range(9)]
    single = Told("alone", [SequenceEvent("x")])
    before, held = hold_out(numbered([*pairs, single]), SequenceRecipe())
    assert len(held.customers) == 5
    assert sorted(map(len, before.rows)) == [1] * 6 + [2] * 4


@pytest.mark.parametrize("rows", [["abcde"], ["aa", "aaa", "aa"], ["ab", "cd", "ab", "cd", "e"]])
def test_very_little_still_gives_a_model(
    rows: list[str], recipe: SequenceRecipe, tmp_path: Path
) -> None:
    told = [Told(str(n), [SequenceEvent(item) for item in row]) for n, row in enumerate(rows)]
    train_sequence(told, Counted(), tmp_path, recipe)
    model = SequenceModel.load(tmp_path)
    assert model.best([], 1)
    if "e" in rows:
        assert model.best([SequenceEvent("a")], 1)[0][0] == "b"


def test_too_little_to_learn_is_told(recipe: SequenceRecipe, tmp_path: Path) -> None:
    alone = [Told("a", [SequenceEvent("x")])]
    with pytest.raises(TrainingDataError, match="No customer has two events"):
        train_sequence(alone, Counted(), tmp_path, recipe)
    pair = [Told("a", [SequenceEvent("x"), SequenceEvent("y")])]
    with pytest.raises(TrainingDataError, match="nothing follows"):
        train_sequence(pair, Counted(), tmp_path, recipe)
