"""``shopkeeper models`` over a registry of two versions."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finetune.registry import ModelRegistry
from ui.cli.main import app


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    monkeypatch.setenv("SHOPKEEPER_HOME", str(tmp_path))
    registry = ModelRegistry(tmp_path / "models")
    for score in (0.7, 0.6):
        run = tmp_path / "run"
        run.mkdir(exist_ok=True)
        (run / "metrics.json").write_text(json.dumps({"served_click_auc": score}))
        registry.publish("ranking", run)
    return registry


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["models", *words])
    return result.exit_code, result.output


def test_versions_are_listed_shown_promoted_and_taken_back(registry: ModelRegistry) -> None:
    good, worse = (version.version for version in registry.versions("ranking"))
    assert run("promote", "ranking", good)[0] == 0
    code, said = run("promote", "ranking", worse)
    assert code == 2 and "model_worse" in said
    serving = registry.current("ranking")
    assert serving is not None and serving.version == good
    assert run("promote", "ranking", worse, "--force")[0] == 0
    code, said = run("list")
    assert code == 0 and "ranking" in said and "yes" in said
    assert run("rollback", "ranking")[0] == 0
    serving = registry.current("ranking")
    assert serving is not None and serving.version == good
    code, said = run("show", "ranking", good)
    assert code == 0 and "0.7" in said


def test_what_is_not_there_is_named(registry: ModelRegistry) -> None:
    assert "registry_invalid" in run("show", "ranking", "none")[1]
    assert "registry_invalid" in run("rollback", "ranking")[1]
    assert run("promote", "ranking", "none")[0] == 2
    code, said = run("drift")
    assert code == 2 and "No ranking model" in said
