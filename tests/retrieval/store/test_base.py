from pathlib import Path

import pytest
from sqlalchemy import text

from retrieval.errors import StoreError
from retrieval.store import connect


def test_a_postgres_url_is_opened_with_psycopg_3(postgres_url: str) -> None:
    assert postgres_url.startswith("postgresql://")
    engine = connect(postgres_url)
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


def test_sqlite_makes_its_folder_and_waits_for_other_writers(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/new/shop.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "mysql://localhost/shop",
        "postgresql://someone:secret-word@127.0.0.1:1/none",
        "sqlite:////proc/none/shop.db",
    ],
)
def test_a_database_that_cannot_be_used_is_an_error_without_the_password(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        connect(url)
    assert "secret-word" not in str(caught.value)
