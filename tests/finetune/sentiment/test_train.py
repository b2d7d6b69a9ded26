"""The whole path on a tiny BERT: train, mix, write, open, measure; and the command line of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from finetune.errors import TrainingDataError
from finetune.sentiment.baseline import baseline_probabilities
from finetune.sentiment.stock import train_stock_sentiment
from finetune.sentiment.train import default_recipe, train_sentiment
from finetune.text.examples import Example
from finetune.text.recipe import Recipe
from retrieval.encoder.logits import softmax
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


def test_the_stock_recipe_gives_a_bert_alone(tiny_model: Path, tmp_path: Path) -> None:
    metrics = train_stock_sentiment(examples(320), tmp_path, str(tiny_model))
    assert metrics["epochs"] == 3
    model = SentimentModel.load(tmp_path)
    texts = ["one red please two", "cancel my order two"]
    parts = model.parts(texts)
    assert not parts[1].any()
    good, bad = model.probabilities(texts)
    assert np.allclose([good, bad], softmax(parts[0]), atol=1e-6)
    assert good[1] > bad[1]


def test_chinese_gets_the_body_that_knows_it() -> None:
    english, chinese = Example("fine", "1"), Example("质量很好", "1")
    assert default_recipe([english]).body == "minilm"
    assert default_recipe([english, chinese]).body == "bilingual"


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


def test_the_baseline_is_measured_by_the_same_command(tmp_path: Path) -> None:
    for name, part in (("seen", examples(40)), ("fresh", examples(60)[40:])):
        rows = [{"words": e.text, "good": int(e.label)} for e in part]
        lines = "\n".join(json.dumps(row) for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    files = ["--baseline", str(tmp_path / "seen.jsonl"), "--data", str(tmp_path / "fresh.jsonl")]
    arguments = ["eval", "sentiment", *files, "--text", "words", "--label", "good", "--json"]
    told = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (told["accuracy"], told["auc"], told["n"]) == (1, 1, 20)


def test_the_baseline_does_not_know_what_it_has_not_read() -> None:
    found = baseline_probabilities(examples(40), ["one red please 3", "quite something else"])
    assert found[0, 1] > 0.7
    assert np.allclose(found[1], 0.5, atol=0.1)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
