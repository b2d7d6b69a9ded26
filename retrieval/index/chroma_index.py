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

_TEXT = "text"  # the metadata that holds the hash of the text behind a vector
_UNIT = 1e-3


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
        self.collection = client.get_or_create_collection(
            collection, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        self._batch = int(client.get_max_batch_size())

    def upsert(
        self, ids: Sequence[str], vectors: Vectors, hashes: Sequence[str] | None = None
    ) -> None:
        """``hashes``: of the texts that the vectors stand for; see ``stored``."""
        for start in range(0, len(ids), self._batch):
            part = slice(start, start + self._batch)
            told = None if hashes is None else [{_TEXT: text} for text in hashes[part]]
            self.collection.upsert(ids=list(ids[part]), embeddings=vectors[part], metadatas=told)

    def stored(self, ids: Sequence[str], hashes: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those ids that are there, are unit vectors, and stand for these texts."""
        wanted = dict(zip(ids, hashes, strict=True))
        found: dict[str, Vectors] = {}
        for start in range(0, len(ids), self._batch):
            some = list(ids[start : start + self._batch])
            page = self.collection.get(ids=some, include=["embeddings", "metadatas"])
            vectors = np.asarray(page["embeddings"], dtype=np.float32)
            for key, vector, told in zip(page["ids"], vectors, page["metadatas"], strict=True):
                is_unit = abs(float(vector @ vector) - 1.0) < _UNIT
                if is_unit and told and told.get(_TEXT) == wanted[key]:
                    found[key] = vector
        return found

    def held(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that have a vector, whatever it is."""
        return {
            key
            for start in range(0, len(ids), self._batch)
            for key in self.collection.get(ids=list(ids[start : start + self._batch]), include=[])[
                "ids"
            ]
        }

    def delete(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), self._batch):
            self.collection.delete(ids=list(ids[start : start + self._batch]))

    def count(self) -> int:
        return int(self.collection.count())

    def scan(self, batch: int = 2000) -> Iterator[tuple[list[str], Vectors]]:
        offset = 0
        while True:
            page = self.collection.get(limit=batch, offset=offset, include=["embeddings"])
            if not page["ids"]:
                return
            yield page["ids"], np.asarray(page["embeddings"], dtype=np.float32)
            offset += len(page["ids"])

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        limit = min(limit, self.count())
        if limit <= 0:
            return []
        found = self.collection.query(
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
