from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from finetune.aspects import train
from finetune.aspects.bank import read_bank
from finetune.errors import FinetuneError
from retrieval.encoder.adapter import Adapter
from retrieval.reviews.clause_model import ClauseCard, ClauseModel, ShippedClauses


def test_a_run_writes_a_model_of_all_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [p for p in read_bank() if p.labels in ({"battery-"}, {"comfort+"})][:6]
    monkeypatch.setattr(train, "read_bank", lambda: few)
    least, scores = {"en": 0.4, "zh": 0.6}, {"en": 0.5, "zh": 0.25}

    def chosen(path: Path) -> tuple[ClauseCard, dict[str, float]]:
        return ShippedClauses(tmp_path, path).card.model_copy(update={"least": least}), scores

    monkeypatch.setattr(ClauseModel, "open", lambda _, path: path)
    monkeypatch.setattr(train, "choose_thresholds", lambda path, _: chosen(path))
    rows: list[dict[str, float]] = []
    out = tmp_path / "clauses.safetensors"
    recipe = train.ClauseRecipe(epochs=2, repeats=1, lora_rank=2)
    figures = train.train_aspects(out, tmp_path, recipe, rows.append)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert figures["dev_f1_zh"] == 0.25
    card = ShippedClauses(tmp_path, out).card
    assert card.least == least
    assert len(card.labels) == len(Adapter.of(load_file(out)).bias)


def test_it_may_go_on_with_the_shipped_model_of_the_same_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClauseModel, "open", lambda _, path: path)
    monkeypatch.setattr(
        train, "choose_thresholds", lambda path, _: (ShippedClauses(tmp_path, path).card, {})
    )
    out = tmp_path / "clauses.safetensors"
    train.train_aspects(out, tmp_path, train.ClauseRecipe(epochs=0, goes_on=True))
    kept, shipped = load_file(out), load_file(train.SHIPPED)
    assert kept.keys() == shipped.keys()
    for name, tensor in shipped.items():
        np.testing.assert_allclose(kept[name], tensor, atol=1e-3)
    few = [p for p in read_bank() if p.labels == {"battery-"}][:2]
    monkeypatch.setattr(train, "read_bank", lambda: few)
    with pytest.raises(FinetuneError, match="labels"):
        train.train_aspects(out, tmp_path, train.ClauseRecipe(epochs=0, goes_on=True))
