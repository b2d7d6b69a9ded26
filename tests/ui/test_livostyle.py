"""A real catalogue into an empty store by the command line, then talks over HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from assistant.settings import Settings
from assistant.shop import Shop
from evals.dialogues.client import OverHttp
from evals.dialogues.run import run_scripts
from evals.dialogues.script import load_scripts
from ui.cli.main import app
from ui.server import build_server

SCRIPTS = Path(__file__).parents[2] / "evals" / "scripts" / "livostyle"


@pytest.fixture(scope="module")
def home(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("livostyle")
    (home / "models").symlink_to(model_cache)
    return home


@pytest.fixture(scope="module")
def imported(home: Path, shared_data: Path) -> str:
    """What the import printed."""
    feed = shared_data / "catalog_livostyle_fashion" / "products.parquet"
    result = CliRunner().invoke(
        app, ["import", str(feed)], env={"SHOPKEEPER_HOME": str(home)}, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def address(home: Path, imported: str) -> Iterator[str]:
    """The service over that store, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shop = Shop(Settings(home=home, _env_file=None))
    config = uvicorn.Config(build_server(shop), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                break
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    yield url
    server.should_exit = True
    thread.join(20)


def test_every_product_is_imported(imported: str, home: Path):
    assert "2,766" in imported
    with closing(Shop(Settings(home=home, _env_file=None))) as shop:
        assert shop.catalog.count() == 2766
        assert not shop.is_demo()


@pytest.mark.timeout(300)
def test_the_scripted_talks_hold_over_http(address: str):
    scripts = [s for s in load_scripts(SCRIPTS) if s.store == "livostyle"]
    assert len(scripts) >= 2
    with closing(OverHttp(address)) as client:
        report = run_scripts(scripts, client)
    failed = [
        f"{script.name}: {turn.say}: {failure}"
        for script in report.scripts
        for turn in script.turns
        for failure in turn.failures
    ]
    assert not failed, "\n".join(failed)


def test_a_shop_without_rules_offers_a_person(address: str):
    with closing(OverHttp(address)) as client:
        turn = client.send(client.start(None, "en"), "how long does shipping take?")
    assert turn.action == "answer"
    assert "person" in turn.reply and "working days" not in turn.reply
