"""The whole path on a tiny model: train, stop, resume, calibrate, export, serve."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from assistant.errors import ModelMissingError
from assistant.understanding.intent_model import ClassifierModel
from assistant.understanding.intent_network import Classifier
from finetune.errors import FinetuneError, TrainingDataError
from finetune.text.body import (
    adapter_layers,
    add_adapter,
    fill_adapter,
    load_body,
    merge_adapter,
    set_attention_dropout,
)
from finetune.text.course import Course, train_on_examples
from finetune.text.examples import Example
from finetune.text.objective import Batch, Objective, label_weights, spread
from finetune.text.recipe import Recipe
from finetune.text.trainer import Trainer
from retrieval.encoder.logits import softmax

LABELS = ["cancel", "oos", "track"]
MEASURED = Course((8, 1, 1), refit=False)


def examples(count: int = 90) -> list[Example]:
    words = {
        "cancel": "please cancel my order {}",
        "track": "where the order {}",
        "oos": "{} red {}",
    }
    found = []
    for index in range(count):
        label = LABELS[index % 3]
        tail = " ".join(Random(index).choices(["one", "two", "three", "my", "please"], k=3))
        found.append(Example(words[label].format(tail, index), label))
    return found


def recipe(folder: Path, **changes: object) -> Recipe:
    plain = Recipe(
        body=str(folder), epochs=4, batch=16, rate=5e-3, head_rate=2e-2, noise=None, max_tokens=16
    )
    return plain.model_copy(update=changes)


def test_a_run_learns_and_what_it_wrote_serves(tiny_model: Path, tmp_path: Path) -> None:
    rows: list[dict[str, float]] = []
    metrics = train_on_examples(examples(), tmp_path, recipe(tiny_model), MEASURED, rows.append)
    assert metrics["macro_f1"] > 0.9
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    model = ClassifierModel.load(tmp_path)
    found = model.logits(["please cancel my order two one", "where the order my my my"])
    assert [model.card.labels[i] for i in model.decide(found)] == ["cancel", "track"]
    assert softmax(found).sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert model.card.out_of_scope == "oos"
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert "3 labels" in (tmp_path / "MODEL_CARD.md").read_text()
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize(
    "changes",
    [
        {"lora_rank": 4, "epochs": 10},
        {"fgm": 0.2, "r_drop": 0.5, "epochs": 10},
        {"class_weights": "balanced", "accumulate": 2, "epochs": 6},
    ],
)
def test_the_options_learn_too(
    tiny_model: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    metrics = train_on_examples(
        examples(), tmp_path, recipe(tiny_model, **changes), Course((8, 1, 1), refit=False)
    )
    assert metrics["macro_f1"] > 0.8
    assert len((tmp_path / "test.jsonl").read_text().splitlines()) > 3


def test_int8_agrees_with_float32(tiny_model: Path, tmp_path: Path) -> None:
    train_on_examples(examples(), tmp_path, recipe(tiny_model), MEASURED)
    body, tokenizer = load_body(str(tiny_model), 16)
    network = Classifier(body, 3).eval()
    network.load_state_dict(load_file(tmp_path / "model.safetensors"))
    trainer = Trainer(network, tokenizer, LABELS, recipe(tiny_model), tmp_path)
    whole, small = trainer.logits(examples()), ClassifierModel.load(tmp_path)
    said = small.logits([e.text for e in examples()]).argmax(axis=1)
    assert (said == whole.argmax(axis=1)).mean() > 0.97


def test_a_run_that_was_cut_off_ends_like_one_that_was_not(
    tiny_model: Path, tmp_path: Path
) -> None:
    class CutOffError(Exception):
        pass

    def cut(row: dict[str, float]) -> None:
        if row["epoch"] == 2:
            raise CutOffError

    def fit(folder: Path, stop: bool) -> tuple[np.ndarray, int]:
        torch.manual_seed(3)
        body, tokenizer = load_body(str(tiny_model), 16)
        seen: list[float] = []
        trainer = Trainer(
            Classifier(body, 3, dropout=0),
            tokenizer,
            LABELS,
            recipe(tiny_model, epochs=3),
            folder,
            cut if stop else lambda row: seen.append(row["epoch"]),
        )
        trainer.fit(lambda random: examples(48), examples(12))
        return trainer.logits(examples(12)), len(seen)

    whole, _ = fit(tmp_path / "whole", stop=False)
    with pytest.raises(CutOffError):
        fit(tmp_path / "cut", stop=True)
    resumed, epochs = fit(tmp_path / "cut", stop=False)
    assert epochs == 1
    assert np.allclose(whole, resumed, atol=0.02)


def test_the_written_model_is_trained_on_all_parts_and_taught_by_the_first(
    tiny_model: Path, tmp_path: Path
) -> None:
    course = Course((6, 2, 2), unlabelled=["cancel my order two", "where the order my"])
    how = recipe(tiny_model, prototypes=True, epochs=8)
    metrics = train_on_examples(examples(), tmp_path, how, course)
    assert metrics["examples"] + metrics["validation"] + metrics["test"] < 90
    added = metrics["refit_examples"] - metrics["pseudo_labelled"]
    assert 0 < metrics["refit_held_out"] < metrics["validation"]
    assert (
        added + metrics["refit_held_out"]
        == metrics["examples"] + metrics["validation"] + metrics["test"]
    )
    assert metrics["test_accuracy"] > 0.8
    assert not (tmp_path / "test.jsonl").exists()
    model = ClassifierModel.load(tmp_path)
    said = model.decide(model.logits(["cancel my order", "where the order"]))
    assert [model.card.labels[i] for i in said] == ["cancel", "track"]


def test_a_given_test_part_is_never_trained_on(tiny_model: Path, tmp_path: Path) -> None:
    parts = ["train", "train", "train", "val", "test"]
    named = [replace(e, part=parts[i % 5]) for i, e in enumerate(examples(100))]
    metrics = train_on_examples(named, tmp_path, recipe(tiny_model, epochs=1))
    learnt = metrics["refit_examples"] + metrics["refit_held_out"]
    assert learnt == metrics["examples"] + metrics["validation"]
    assert metrics["test"] > 10


def test_a_pupil_learns_from_a_teacher_with_the_same_labels(
    tiny_model: Path, tmp_path: Path
) -> None:
    train_on_examples(examples(), tmp_path / "teacher", recipe(tiny_model), MEASURED)
    how = recipe(tiny_model, teacher_weight=1.0, epochs=6)
    taught = Course((8, 1, 1), refit=False, teacher=tmp_path / "teacher")
    metrics = train_on_examples(examples(), tmp_path / "pupil", how, taught)
    assert metrics["macro_f1"] > 0.8
    others = [replace(e, label=f"{e.label}!") for e in examples()]
    with pytest.raises(TrainingDataError, match="other labels"):
        train_on_examples(others, tmp_path / "other", how, taught)


def test_training_stops_when_nothing_gets_better(tiny_model: Path, tmp_path: Path) -> None:
    metrics = train_on_examples(
        examples(), tmp_path, recipe(tiny_model, epochs=30, patience=2), MEASURED
    )
    assert metrics["epochs"] == metrics["best_epoch"] + 2


def test_an_adapter_can_be_taken_out_put_back_and_merged(tiny_model: Path) -> None:
    torch.manual_seed(0)
    first, _ = load_body(str(tiny_model), 16)
    add_adapter(first, 4)
    for name, weight in first.named_parameters():
        assert weight.requires_grad == ("lora_" in name)
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    ids = torch.arange(1, 9)[None]
    expected = first.eval()(input_ids=ids).last_hidden_state
    second, _ = load_body(str(tiny_model), 16)
    add_adapter(second, 4)
    fill_adapter(second, adapter_layers(first))
    merge_adapter(second)
    assert not adapter_layers(second)
    assert torch.allclose(second.eval()(input_ids=ids).last_hidden_state, expected, atol=1e-5)
    higher, _ = load_body(str(tiny_model), 16)
    add_adapter(higher, 8)
    fill_adapter(higher, adapter_layers(first))
    assert torch.allclose(higher.eval()(input_ids=ids).last_hidden_state, expected, atol=1e-5)
    lower, _ = load_body(str(tiny_model), 16)
    add_adapter(lower, 2)
    with pytest.raises(FinetuneError, match="does not fit"):
        fill_adapter(lower, adapter_layers(first))


def test_the_adversarial_term_raises_the_loss(tiny_model: Path) -> None:
    body, _ = load_body(str(tiny_model), 16)
    network = Classifier(body, 3).eval()
    ids, mask = torch.arange(1, 9)[None], torch.ones(1, 8, dtype=torch.long)
    batch = Batch(ids, mask, torch.tensor([1]))
    plain = Objective(recipe(tiny_model), None)(network, batch)
    double = Objective(recipe(tiny_model, fgm=1.0), None)(network, batch)
    assert double > 2 * plain


def test_a_label_shares_with_its_neighbours_alone() -> None:
    found = spread(torch.tensor([0, 2]), 4, 0.2)
    assert found.flatten().tolist() == pytest.approx([0.8, 0.2, 0, 0, 0, 0.1, 0.8, 0.1])


def test_attention_forgets_as_much_as_is_said(tiny_model: Path) -> None:
    body, _ = load_body(str(tiny_model), 16)
    set_attention_dropout(body, 0.25)
    (layer,) = body.encoder.layer
    assert layer.attention.self.dropout.p == 0.25
    assert layer.output.dropout.p == 0.1


def test_rare_labels_weigh_more() -> None:
    weights = label_weights([30, 10])
    assert weights.tolist() == pytest.approx([2 / 3, 2])


def test_one_label_is_no_task(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="two labels"):
        train_on_examples(
            [Example("a", "x")], tmp_path, recipe(tiny_model), Course((9, 1), refit=False)
        )


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="nowhere"):
        load_body(str(tmp_path / "nowhere"), 16)


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        ClassifierModel.load(tmp_path)
