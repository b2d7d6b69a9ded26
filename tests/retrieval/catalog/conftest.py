from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retrieval.catalog.importer import ImportOptions, import_catalog
from retrieval.catalog.report import ImportReport
from retrieval.store import Base, CatalogStore, connect, session_factory

Importing = Callable[..., ImportReport]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[CatalogStore]:
    """An empty catalogue in SQLite."""
    engine = connect(f"sqlite:///{tmp_path}/shop.db")
    Base.metadata.create_all(engine)
    yield CatalogStore(session_factory(engine))
    engine.dispose()


@pytest.fixture
def importing(catalog: CatalogStore, tmp_path: Path) -> Importing:
    """Imports text or bytes as a file: ``importing("id,title\\n...", replace=True)``."""

    def run(content: str | bytes, name: str = "feed", **options: object) -> ImportReport:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_catalog(path, catalog, ImportOptions(**options))  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public data sets laid beside the project."""
    folder = Path(__file__).parents[4] / "shared" / "data"
    assert folder.is_dir(), f"the public data sets are missing: {folder}"
    return folder
