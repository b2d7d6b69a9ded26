"""The SQL database: engine, sessions, and the few things in which SQLite and PostgreSQL differ."""

from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, Text, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

from retrieval.errors import StoreError

BUSY_TIMEOUT_S = 30.0


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in time: aware in Python, UTC in the database. A naive value is taken as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = as_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)


class PlainText(TypeDecorator[str]):
    """Text of any length. NUL characters, which PostgreSQL cannot store, are dropped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\x00", "") if value else value


class Base(DeclarativeBase):
    """Declarative base of every table of the shop, the assistant's included."""

    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 (SQLAlchemy's own declaration)


Sessions = sessionmaker[Session]
"""What every store takes: ``sessions()`` to read, ``sessions.begin()`` to commit at the end."""


def as_utc(moment: datetime) -> datetime:
    """``moment`` as an aware UTC time; a naive one is taken to be UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def connect(url: str) -> Engine:
    """Open the database at ``url`` (SQLite or PostgreSQL) and make sure that it answers.

    Raises ``StoreError`` when the URL is malformed, names another database system, or nothing
    answers there. The password never occurs in the message.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("The database URL is malformed.") from error
    is_sqlite = parsed.get_backend_name() == "sqlite"
    try:
        engine = _open_sqlite(parsed) if is_sqlite else _open_server(parsed)
        with engine.connect():
            return engine
    except (SQLAlchemyError, OSError) as error:
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"The database {shown} does not answer.") from error


def session_factory(engine: Engine) -> Sessions:
    """Sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def _open_sqlite(url: URL) -> Engine:
    # IMMEDIATE: a transaction takes the write lock at its first write and so waits for the busy
    # timeout, instead of failing at once when another writer came between its read and its write.
    arguments: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S, "isolation_level": "IMMEDIATE"}
    if url.database in (None, "", ":memory:"):
        arguments["check_same_thread"] = False
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args=arguments)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",  # with WAL: a power cut may lose the last commits, never the file
        "foreign_keys=ON",
        f"busy_timeout={int(BUSY_TIMEOUT_S * 1000)}",
        "cache_size=-32000",  # 32 MB
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _open_server(url: URL) -> Engine:
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(f"{url.get_backend_name()} is not supported; use SQLite or PostgreSQL.")
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
