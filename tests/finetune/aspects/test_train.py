from pathlib import Path

import pytest
from safetensors.numpy import load_file

from finetune.aspects import train
from finetune.aspects.bank import read_bank
from retrieval.encoder.adapter import Adapter
from retrieval.reviews.clause_model import ClauseModel, ShippedClauses


def test_a_run_writes_a_model_of_all_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [p for p in read_bank() if p.labels in ({"battery-"}, {"comfort+"})][:6]
    monkeypatch.setattr(train, "read_bank", lambda: few)
    chosen = ({"en": 0.4, "zh": 0.6}, {"en": 0.5, "zh": 0.25})
    monkeypatch.setattr(ClauseModel, "open", lambda *_: None)
    monkeypatch.setattr(train, "choose_thresholds", lambda *_: chosen)
    rows: list[dict[str, float]] = []
    out = tmp_path / "clauses.safetensors"
    recipe = train.ClauseRecipe(epochs=2, repeats=1, lora_rank=2)
    figures = train.train_aspects(out, tmp_path, recipe, rows.append)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert figures["dev_f1_zh"] == 0.25
    card = ShippedClauses(tmp_path, out).card
    assert card.least == chosen[0]
    assert len(card.labels) == len(Adapter.of(load_file(out)).bias)
