"""One writer of the index at a time, of all processes and machines of a shop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from retrieval.errors import IndexLockedError
from retrieval.store.base import Sessions

_KEY = 0x53484F50  # any number that nothing else in the database locks
_LOOK_S = 0.2


@contextmanager
def writer_lock(folder: Path, sessions: Sessions, patience_s: float) -> Iterator[None]:
    """Holds a file lock in ``folder`` and, on PostgreSQL, an advisory lock of the database.

    Raises ``IndexLockedError`` where another writer holds one of them for over ``patience_s``.
    """
    deadline = time.monotonic() + patience_s
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "writer.lock", timeout=patience_s)
    try:
        lock.acquire()
    except Timeout as error:
        raise IndexLockedError("Another process is writing the index.") from error
    try:
        with sessions() as session:
            if session.get_bind().dialect.name == "postgresql":
                _acquire(session, deadline)  # let go with the connection, or when it breaks
            yield
    finally:
        lock.release()


def _acquire(session: Session, deadline: float) -> None:
    while not session.scalar(select(func.pg_try_advisory_xact_lock(_KEY))):
        session.rollback()
        if time.monotonic() > deadline:
            raise IndexLockedError("Another machine is writing the index.")
        time.sleep(_LOOK_S)
