"""Vectors kept in Chroma: a folder of this machine, or a server that ``chroma run`` started."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.encoder import Vectors
from retrieval.errors import VectorStoreError


def embedded_client(folder: Path) -> Any:
    """A Chroma client on a folder. One process at a time may write there."""
    import chromadb  # noqa: PLC0415 (over a second: only where it is used)
    from chromadb.config import Settings  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def server_client(url: str) -> Any:
    """A client of the Chroma server at ``url`` (``http://host:port``).

    Raises ``VectorStoreError`` when the URL is malformed or nothing answers there.
    """
    import chromadb  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise VectorStoreError(f"CHROMA_URL must look like http://host:port, not {url!r}.")
    secure = parts.scheme == "https"
    try:
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if secure else 80),
            ssl=secure,
            settings=Settings(anonymized_telemetry=False),
        )
    except ValueError as error:  # what Chroma makes of a refused connection
        raise VectorStoreError(f"No Chroma server answers at {url}.") from error


def close_client(client: Any) -> None:
    """Closes a client. Chroma's own ``close`` leaves the connections to a server open."""
    servers = (client._server, client._admin_client._server)
    client.close()
    for connections in {server._session for server in servers if hasattr(server, "_session")}:
        connections.close()


class ChromaIndex:
    """A ``VectorIndex`` in one Chroma collection, cosine space, with vectors of our own."""

    def __init__(self, client: Any, collection: str) -> None:
        self._client = client
        self.name = collection
        self._collection = client.get_or_create_collection(
            collection, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        self._batch = int(client.get_max_batch_size())

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        for start in range(0, len(ids), self._batch):
            part = slice(start, start + self._batch)
            self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part])

    def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), self._batch):
            self._collection.delete(ids=list(ids[start : start + self._batch]))

    def count(self) -> int:
        return int(self._collection.count())

    def scan(self, batch: int = 2000) -> Iterator[tuple[list[str], Vectors]]:
        offset = 0
        while True:
            page = self._collection.get(limit=batch, offset=offset, include=["embeddings"])
            if not page["ids"]:
                return
            yield page["ids"], np.asarray(page["embeddings"], dtype=np.float32)
            offset += len(page["ids"])

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        limit = min(limit, self.count())
        if limit <= 0:
            return []
        found = self._collection.query(
            query_embeddings=[vector], n_results=limit, include=["distances"]
        )
        return [
            (identifier, 1.0 - float(distance))
            for identifier, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def drop(self) -> None:
        """Deletes the collection with everything in it."""
        self._client.delete_collection(self.name)

    def close(self) -> None:
        """Lets go of the client, and with an embedded one of its files."""
        close_client(self._client)

    def __enter__(self) -> "ChromaIndex":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
