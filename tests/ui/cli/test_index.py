"""``shopkeeper index`` against a home of its own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retrieval.catalog.product import Product, Variant
from retrieval.store.base import connect, session_factory
from retrieval.store.catalog_store import CatalogStore
from ui.cli.main import app

MODELS = Path(__file__).parents[3] / "var" / "test-cache" / "encoder"


def product(key: str, title: str) -> Product:
    return Product(id=key, title=title, variants=[Variant(sku=key, price=5)])


class Home:
    """A data folder with an empty shop in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        MODELS.mkdir(parents=True, exist_ok=True)
        (folder / "models").symlink_to(MODELS)

    def run(self, *arguments: str) -> Result:
        environment = {"SHOPKEEPER_HOME": str(self.folder), "DATABASE_URL": None}
        return CliRunner(env=environment).invoke(app, ["index", *arguments])

    def status(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.run("status", "--json").stdout)
        return found

    def write(self, *products: Product) -> None:
        engine = connect(f"sqlite:///{self.folder / 'shop.db'}")
        CatalogStore(session_factory(engine)).upsert_many(products)
        engine.dispose()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


def test_a_rebuild_mends_what_a_check_finds(home: Home) -> None:
    empty = home.status()  # makes the database
    assert (empty["generation"], empty["catalogue_products"]) == (None, 0)
    home.write(product("a", "Oak chair"), product("b", "Pine table"))

    before = home.run("check")
    assert before.exit_code == 1
    assert "missing: 2 (a, b)" in before.stdout
    assert "rebuild" in before.stderr

    rebuilt = home.run("rebuild")
    assert rebuilt.exit_code == 0, rebuilt.stderr
    assert "Indexed 2 products" in rebuilt.stdout
    assert "(2 embedded, 0 vectors used again)" in rebuilt.stdout
    status = home.status()
    assert (status["products"], status["catalogue_products"]) == (2, 2)
    assert status["revision"] == status["catalogue_revision"]

    home.write(product("b", "Beech table"))
    changed = home.run("check", "--json")
    assert changed.exit_code == 1
    differences = {"missing": [], "stale": ["b"], "extra": [], "vectors": [], "facets": []}
    assert json.loads(changed.stdout) == differences

    assert "(1 embedded, 1 vectors used again)" in home.run("rebuild").stdout
    after = home.run("check")
    assert after.exit_code == 0
    assert "stale: 0" in after.stdout
    assert home.status()["generation"] != status["generation"]


def test_status_is_readable_without_json(home: Home) -> None:
    shown = home.run("status")
    assert shown.exit_code == 0
    assert "catalogue products" in shown.stdout
    assert str(home.folder / "index") in shown.stdout


def test_a_damaged_index_is_said_to_be_so(home: Home) -> None:
    if home.status()["generation"] is None:
        home.run("rebuild")
    for content in (home.folder / "index").glob("*/content.json"):
        content.write_text("{", encoding="utf-8")
    found = home.run("check")
    assert found.exit_code == 1
    assert "cannot be read" in found.stderr
    assert home.run("check", "--mend").exit_code == 0
    assert home.run("check").exit_code == 0


def test_a_check_mends_what_it_finds_and_says_it(home: Home) -> None:
    home.run("rebuild")
    home.write(product("c", "Elm stool"))
    mended = home.run("check", "--mend")
    assert mended.exit_code == 0, mended.stderr
    assert "Mended: 1 missing." in mended.stdout
    assert home.run("check").exit_code == 0
