import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from assistant.migrations import METADATA, _config, current, head, migrate
from retrieval.errors import StoreError
from retrieval.store import connect

MIGRATE = """
import sys
from assistant.migrations import migrate
from retrieval.store import connect
engine = connect(sys.argv[1])
sys.stdin.readline()
migrate(engine)
"""


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = connect(empty_url)
    yield engine
    engine.dispose()


def test_migrations_and_metadata_agree(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert current(connection) == head()


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO customers VALUES ('c', 'Ana', 'en', :on, '{}')"), {"on": True}
        )
    migrate(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM customers")) == "Ana"


def test_processes_that_start_together_migrate_once(engine: Engine, empty_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, empty_url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    with engine.connect() as connection:
        assert current(connection) == head()


def test_a_failed_migration_leaves_nothing_behind(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE variants (id INTEGER)"))
    with pytest.raises(StoreError):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["variants"]


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))
    with pytest.raises(StoreError, match="unknown to this version"):
        migrate(engine)


def test_a_shop_of_the_first_version_keeps_its_products_and_has_its_reviews_read_again(
    engine: Engine,
) -> None:
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for key, path in (("p1", '["Audio", "Headphones"]'), ("p2", "[]")):
            connection.execute(
                text(
                    "INSERT INTO products (id, revision, document, title, text_hash, price_min,"
                    " in_stock, review_count, removed)"
                    " VALUES (:key, 1, :document, 't', 'h', 1, :yes, 0, :no)"
                ),
                {
                    "key": key,
                    "document": f'{{"category_path": {path}}}',
                    "yes": True,
                    "no": False,
                },
            )
        connection.execute(
            text(
                "INSERT INTO reviews (id, product_id, rating, title, text, language, at,"
                " analysed_by) VALUES ('r', 'p1', 5, '', 'Good.', 'en', '2026-01-01', 'old')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO review_aspects (review_id, product_id, aspect, polarity, clause)"
                " VALUES ('r', 'p1', 'sound', 1, 'Good.')"
            )
        )
        connection.commit()
    migrate(engine)
    with engine.connect() as connection:
        departments = connection.execute(text("SELECT id, department FROM products ORDER BY id"))
        assert [tuple(row) for row in departments] == [("p1", "Audio"), ("p2", None)]
        assert connection.scalar(text("SELECT analysed_by FROM reviews")) is None
        assert connection.scalar(text("SELECT day FROM review_aspects")) == 0
