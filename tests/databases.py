"""PostgreSQL databases for tests, each fresh and dropped afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

POSTGRES_URL = "postgresql://root@127.0.0.1:5432/test"


@contextmanager
def postgres_database() -> Iterator[str]:
    """The URL of a fresh database on the server at SHOPKEEPER_TEST_POSTGRES_URL."""
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
