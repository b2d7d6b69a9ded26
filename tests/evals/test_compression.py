"""The table of a model's forms, on a tiny model."""

import json
from pathlib import Path
from random import Random

import pytest
from transformers import BertConfig, BertModel
from typer.testing import CliRunner

from evals.compression import compare_forms
from finetune.errors import FinetuneError, TrainingDataError
from finetune.text.course import Course, train_on_examples
from finetune.text.examples import Example
from finetune.text.recipe import Recipe
from ui.cli.main import app

WORDS = {"cancel": "please cancel my order", "track": "where the order", "oos": "red"}


def examples(count: int, seed: int) -> list[Example]:
    dice = Random(seed)
    return [
        Example(" ".join([words, *dice.choices(["one", "two", "three", "my"], k=4)]), label)
        for label, words in WORDS.items()
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def trained(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base, folder = tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("trained")
    for file in tiny_model.iterdir():
        if file.suffix in (".json", ".txt"):
            (base / file.name).write_bytes(file.read_bytes())
    config = BertConfig.from_pretrained(tiny_model, num_hidden_layers=3, num_attention_heads=4)
    BertModel(config, add_pooling_layer=False).save_pretrained(base)
    how = Recipe(
        body=str(base), epochs=8, batch=8, rate=3e-3, head_rate=1e-2, noise=None, max_tokens=12
    )
    train_on_examples(examples(30, 1), folder, how, Course(refit=False))
    return folder


def test_all_forms_stand_in_one_table(trained: Path, tmp_path: Path) -> None:
    data = {"test": examples(10, 2), "train": examples(30, 1)}
    for name, part in data.items():
        rows = (json.dumps({"text": e.text, "intent": e.label}) for e in part)
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    command = ["eval", "compression", "--model", trained, "--teacher", trained, "--json"]
    command += ["--data", tmp_path / "test.jsonl", "--train", tmp_path / "train.jsonl"]
    result = CliRunner().invoke(app, list(map(str, command)))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["n"] == 30
    forms = {form.pop("name"): form for form in found["forms"]}
    assert list(forms) == [
        "float32, torch",
        "float32, ONNX",
        "int8",
        "int8, 25% of the heads pruned",
        "int8, 50% of the heads pruned",
        "int8, 2 of 3 layers",
        "teacher, int8",
    ]
    assert forms["float32, torch"]["accuracy"] == forms["float32, ONNX"]["accuracy"] > 0.9
    assert forms["int8"]["mb"] > forms["int8, 50% of the heads pruned"]["mb"]
    assert forms["int8"]["mb"] > forms["int8, 2 of 3 layers"]["mb"]
    assert all(form["p50_ms"] > 0 and 0 < form["macro_f1"] <= 1 for form in forms.values())


def test_without_training_data_one_half_weighs_and_the_other_is_measured(trained: Path) -> None:
    found = compare_forms(trained, examples(20, 3))
    assert 25 <= found.n <= 35


def test_strange_labels_and_folders_are_named(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="refund"):
        compare_forms(trained, [Example("a", "refund")])
    with pytest.raises(FinetuneError, match="no usable network"):
        compare_forms(tmp_path, examples(2, 1))
