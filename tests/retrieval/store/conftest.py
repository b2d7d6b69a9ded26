"""Every store test runs on SQLite and on a real PostgreSQL, each in a database of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from retrieval.store import Base, Sessions, connect, session_factory

POSTGRES_URL = "postgresql://root@127.0.0.1:5432/test"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A fresh database on the server at SHOPKEEPER_TEST_POSTGRES_URL, dropped afterwards."""
    server = make_url(os.environ.get("SHOPKEEPER_TEST_POSTGRES_URL", POSTGRES_URL))
    server = server.set(drivername="postgresql+psycopg")
    name = f"shopkeeper_{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store')}/shop.db"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = connect(url)
    Base.metadata.create_all(engine)
    yield engine
    Base.metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Iterator[Sessions]:
    """Sessions on empty tables."""
    yield session_factory(engine)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def sqlite_file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"
