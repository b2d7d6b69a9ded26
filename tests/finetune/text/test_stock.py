"""The baseline of a run: the stock recipe on the same examples."""

import json
from pathlib import Path
from random import Random

import pytest

from assistant.understanding.intent_model import ClassifierModel
from finetune.text.course import Course, train_on_examples
from finetune.text.examples import Example
from finetune.text.recipe import Recipe


def test_the_stock_recipe_is_measured_on_the_same_parts(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = Random(1)
    words = {"cancel": "please cancel my order", "track": "where the order"}
    examples = [
        Example(" ".join([words[label], *dice.choices(["one", "two", "three", "my"], k=4)]), label)
        for label in words
        for _ in range(60)
    ]
    how = Recipe(body=str(tiny_model), epochs=2, batch=16, noise=None, max_tokens=16)
    course = Course((6, 2, 2), refit=False, stock=tmp_path / "stock")
    metrics = train_on_examples(examples, tmp_path / "own", how, course)
    assert capsys.readouterr().out == ""  # the command prints one JSON object
    stock = metrics["stock"]
    assert (stock["validation"], stock["test"]) == (metrics["validation"], metrics["test"])
    for figures in (metrics, stock):
        assert figures["seconds"] > 0
        assert 0 <= figures["test_macro_f1"] <= 1
        seen = figures["epochs"] * metrics["examples"]
        assert figures["texts_per_second"] * figures["seconds"] == pytest.approx(seen, rel=0.1)
    told = json.loads((tmp_path / "stock" / "recipe.json").read_text())
    assert (told["epochs"], told["batch"], told["rate"], told["noise"]) == (3, 8, 5e-5, None)
    assert (told["weight_decay"], told["label_smoothing"]) == (0, 0)
    model = ClassifierModel.load(tmp_path / "stock")
    assert model.card.labels == ("cancel", "track")
