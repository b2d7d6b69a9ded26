"""A version scores unseen what a real service shows, and shoppers without a name are counted."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.shop import Shop
from finetune.registry import ModelRegistry
from retrieval.experiments.experiment import ExperimentDraft
from retrieval.experiments.rankers import RankerShelf
from retrieval.experiments.trials import Trials
from retrieval.ranking.ranker import PACKAGED
from retrieval.ranking.shadow import Shadow
from ui.cli.main import app as cli

ARMS = [{"name": "now", "ranker": "live"}, {"name": "plain", "ranker": "fixed"}]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose registry has one version, made of the packaged model."""
    run = tmp_path / "run"
    shutil.copytree(PACKAGED, run)
    (run / "metrics.json").write_text(json.dumps({"served_click_auc": 0.6}))
    ModelRegistry(tmp_path / "models").publish("ranking", run)
    return tmp_path


@pytest.fixture
def shop(demo_shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The demo store, its versions in ``home``."""
    finder, folder = demo_shop.rooms.finder, home / "models" / "ranking"
    shelf = RankerShelf(finder.ranker, finder.features, folder)
    examination = finder.features.opinion.examination
    shadow = Shadow(folder, shelf.open, demo_shop.shadows, examination)
    monkeypatch.setattr(finder, "shadow", shadow)
    monkeypatch.setattr(finder, "trials", Trials(demo_shop.experiments, shelf))
    monkeypatch.setenv("SHOPKEEPER_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", demo_shop.settings.resolved_database_url())
    yield demo_shop
    running = demo_shop.experiments.running()
    if running is not None:
        demo_shop.experiments.stop(running.id)


def test_a_version_runs_as_a_shadow_of_a_real_service(shop: Shop, home: Path) -> None:
    (version,) = (v.version for v in ModelRegistry(home / "models").versions("ranking"))
    assert models("shadow", "ranking", "none")[0] == 2
    assert models("shadow", "intent", version)[0] == 2
    assert models("shadow", "ranking", version)[0] == 0
    shadow = shop.rooms.finder.shadow
    assert shadow is not None
    shadow._due = 0.0  # read the pointer anew
    service = shop.conversations
    talk = service.start(locale="en")
    turn = service.send(talk.conversation_id, "a black dress under 120 dollars")
    shadow.wait()
    click = {"type": "click", "product_id": turn.products[-1].id}
    taken = shop.recorder.record([{**click, "conversation_id": talk.conversation_id}, click])
    assert (taken.accepted, taken.reasons()) == (1, {"invalid": 1})
    found = shop.traffic.shadows(shadow.version(), shadow.left_out)
    assert (found.running, found.left_out) == (version, 0)
    (report,) = found.shadows
    # It is the model that serves: scores, and with them the orders, are the same.
    assert (report.lists, report.running, report.correlation) == (1, True, pytest.approx(1))
    assert report.clicked == 1 and report.gain.value == pytest.approx(0)
    listed, shown = models("list")[1], models("show", "ranking", version)[1]
    assert "shadow" in listed and "as a shadow: lists" in shown
    assert models("shadow", "ranking", "off")[0] == 0
    shadow._due = 0.0
    service.send(talk.conversation_id, "and in red?")
    shadow.wait()
    assert shop.traffic.shadows(shadow.version()).running is None
    assert shop.traffic.shadows(None).shadows[0].lists == 1
    shop.shadows.erase(talk.conversation_id)


def test_shoppers_without_a_name_take_part_in_an_experiment(shop: Shop) -> None:
    made = shop.experiments.start(
        ExperimentDraft.model_validate({"name": "Plain", "kind": "ab", "arms": ARMS})
    )
    assert shop.rooms.finder.trials is not None
    shop.rooms.finder.trials._due = 0.0
    service, arms = shop.conversations, set()
    for _ in range(8):
        talk = service.start(locale="en")
        turn = service.send(talk.conversation_id, "a black dress under 120 dollars")
        arms.add(made.arm_of(talk.conversation_id).name)
        click = {"type": "click", "product_id": turn.products[0].id}
        shop.recorder.record([{**click, "conversation_id": talk.conversation_id}])
        assert not turn.personalised.on
    seen = shop.traffic.experiment(made).arms
    assert sum(arm.customers for arm in seen) == 8 and sum(arm.clicks for arm in seen) == 8
    assert {arm.name for arm in seen if arm.customers} == arms


def models(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["models", *words])
    return result.exit_code, " ".join(result.output.split())
