"""The product ids of a feed and the rows they came from, on disk: a million take no memory."""

import sqlite3
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import Self


class SeenIds(Collection[str]):
    """A set of ids with the row of the first and a digest of its content. Close it after use."""

    def __init__(self) -> None:
        # The empty name: a private temporary database, in memory while small, gone on closing.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA cache_size=-8000")
        self._database.execute(
            "CREATE TABLE seen (id TEXT PRIMARY KEY, row INTEGER, digest BLOB) WITHOUT ROWID"
        )
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def add(self, key: str, row: int, digest: bytes) -> tuple[int, bool] | None:
        """Note an id; of one seen before, its first row and whether the content is the same."""
        try:
            self._database.execute("INSERT INTO seen VALUES (?, ?, ?)", (key, row, digest))
        except sqlite3.IntegrityError:
            found = self._database.execute("SELECT row, digest FROM seen WHERE id = ?", (key,))
            first, before = found.fetchone()
            return int(first), before == digest
        self._count += 1
        return None

    def __contains__(self, key: object) -> bool:
        found = self._database.execute("SELECT 1 FROM seen WHERE id = ?", (key,))
        return found.fetchone() is not None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._database.execute("SELECT id FROM seen ORDER BY id"))
