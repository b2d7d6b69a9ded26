"""The commands around sequence models, from files to printed JSON."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ui.cli.main import app

FIELDS = ["size=8", "epochs=1", "negatives=0", "refit_epochs=0", "held_out=30", "longest=8"]

SHOWN = ["--cold", "--json"]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    random = np.random.default_rng(0)
    starts = random.integers(30, size=50)
    rows = [[int(start + n) % 30 for n in range(6)] for start in starts]
    pq.write_table(
        pa.table({"user_id": range(50), "items": [row[:-1] for row in rows]}),
        tmp_path / "data.parquet",
    )
    pq.write_table(
        pa.table({"user_id": range(50), "target": [row[-1] for row in rows]}),
        tmp_path / "targets.parquet",
    )
    return tmp_path / "data.parquet", tmp_path / "targets.parquet"


def test_a_model_is_trained_and_measured(files: tuple[Path, Path], tmp_path: Path) -> None:
    data, targets = map(str, files)
    out = str(tmp_path / "model")
    options = [part for field in FIELDS for part in ("--set", field)]
    runner = CliRunner()
    trained = runner.invoke(
        app, ["train", "sequence", "--data", data, "--out", out, "--seed", "3", *options]
    )
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["customers"] == 50
    for stage in ("network", "counts", "blend"):
        assert f"{stage}: 100 %, 0 s left" in trained.stderr
    assert "epoch 1 of at most 1" in trained.stderr
    assert json.loads((tmp_path / "model" / "recipe.json").read_text())["seed"] == 3
    told = runner.invoke(
        app,
        ["eval", "next-item", "--model", out, "--data", data, "--targets", targets, *SHOWN],
    )
    assert told.exit_code == 0, told.output
    figures = json.loads(told.stdout)
    assert figures["n"] == 50
    assert figures["recall_at_10"] > 0.9
    assert 0 < figures["ndcg_at_10"] <= 1
    assert set(figures["cold_start"]) == {"0", "1", "2", "5"}


def test_a_wrong_file_is_told_in_one_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    data, targets = map(str, files)
    runner = CliRunner()
    trained = runner.invoke(
        app, ["train", "sequence", "--data", targets, "--out", str(tmp_path / "m")]
    )
    assert trained.exit_code == 2
    assert "training_data_unusable: " in trained.stderr
    assert "no column 'items'" in trained.stderr.replace("\n", " ")
    told = runner.invoke(
        app, ["eval", "next-item", "--model", str(tmp_path), "--data", data, "--targets", targets]
    )
    assert told.exit_code == 2
    assert "weights_invalid" in told.stderr
    unknown = runner.invoke(
        app, ["train", "sequence", "--data", data, "--out", str(tmp_path), "--set", "sise=3"]
    )
    assert unknown.exit_code == 2
    assert "sise" in unknown.stderr
    bought = runner.invoke(app, ["eval", "purchases", "--data", data, "--json"])
    assert bought.exit_code == 2
    assert "data_invalid" in bought.stderr
