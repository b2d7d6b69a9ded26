"""Brings any database up to date: an empty one, an older one, or one that is up to date already."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import SQLAlchemyError

import assistant.conversation.tables  # noqa: F401 (fills the metadata, as does the next)
import retrieval.store.tables  # noqa: F401
from retrieval.errors import StoreError
from retrieval.store.base import Base

METADATA: MetaData = Base.metadata
ADVISORY_LOCK = 0x5_4097
"""Number of the PostgreSQL lock that migrations are made under; any constant would do."""


def migrate(engine: Engine) -> None:
    """Apply all migrations that ``engine``'s database has not seen, all or none.

    Safe to call from several processes at once: one migrates, the others wait and find nothing to
    do. Raises ``StoreError`` when the database is newer than this program or a migration fails.
    """
    try:
        with engine.connect() as connection:
            if current(connection) == head():
                return
            connection.rollback()
            _lock(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except CommandError as error:
        raise StoreError(
            f"The database's schema is unknown to this version of the program: {error}"
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(f"The database could not be migrated: {error}") from error


def current(connection: Connection) -> str | None:
    """The revision that a database is at; ``None`` for one that was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision there is."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _lock(connection: Connection) -> None:
    """Open the transaction that everything runs in, alone; the end of it gives the lock back."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
