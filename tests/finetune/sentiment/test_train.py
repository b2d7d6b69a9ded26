"""The whole path on a tiny BERT: train, mix, write, open, measure; and the command line of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finetune.errors import TrainingDataError
from finetune.sentiment.train import train_sentiment
from finetune.text.examples import Example
from finetune.text.recipe import Recipe
from retrieval.errors import WeightsError
from retrieval.reviews.sentiment import GRAPH_FILE, SentimentModel
from ui.cli.main import app


def examples(count: int = 160) -> list[Example]:
    said = {"1": "one red please {}", "0": "cancel my order {}"}
    return [Example(said[str(n % 2)].format(f"{n // 2} the two"), str(n % 2)) for n in range(count)]


def recipe(folder: Path) -> Recipe:
    return Recipe(
        body=str(folder), epochs=2, batch=16, rate=5e-3, head_rate=2e-2, noise=None, max_tokens=16
    )


def test_what_a_run_wrote_serves(tiny_model: Path, tmp_path: Path) -> None:
    metrics = train_sentiment(examples(), tmp_path, recipe(tiny_model), (7, 2, 1))
    assert metrics["accuracy"] == metrics["wide_accuracy"] == 1
    assert metrics["validation"] == 32
    good, bad = SentimentModel.load(tmp_path).judge(["one red please two", "cancel my order two"])
    assert good.positive > 0.8
    assert bad.negative > 0.8
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert len((tmp_path / "test.jsonl").read_text().splitlines()) == 16
    assert "Judges reviews as 0, 1" in (tmp_path / "MODEL_CARD.md").read_text()

    file = tmp_path / "judged.jsonl"
    rows = [{"words": e.text, "stars": 5 if e.label == "1" else 1} for e in examples(20)]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    options = ["--data", str(file), "--text", "words", "--label", "stars"]
    arguments = ["eval", "sentiment", "--model", str(tmp_path), *options, "--json"]
    told = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (told["accuracy"], told["macro_f1"], told["auc"], told["n"]) == (1, 1, 1, 20)

    (tmp_path / GRAPH_FILE).unlink()
    with pytest.raises(WeightsError, match="train it again"):
        SentimentModel.load(tmp_path)


def test_there_must_be_something_to_tell_apart(tiny_model: Path, tmp_path: Path) -> None:
    alike = [Example(f"order {n}", "1") for n in range(9)]
    with pytest.raises(TrainingDataError, match="All judgements"):
        train_sentiment(alike, tmp_path, recipe(tiny_model))
    with pytest.raises(TrainingDataError, match="validation part"):
        train_sentiment(examples(20), tmp_path, recipe(tiny_model), (1,))


def test_the_command_names_what_it_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"text": "fine", "label": 1}\n', encoding="utf-8")
    options = ["--data", str(file), "--text", "body", "--label", "label", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, ["train", "sentiment", *options])
    assert done.exit_code == 2
    assert "training_data_unusable" in done.stderr
    assert "no column 'body'" in " ".join(done.stderr.split())
