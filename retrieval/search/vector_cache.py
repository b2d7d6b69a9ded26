"""Vectors of the latest queries."""

from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.search.bounded_cache import BoundedCache


class VectorCache:
    """Encodes queries, remembering the latest. Thread-safe.

    A vector is known under the encoder's fingerprint, so that another model finds none of it.
    """

    def __init__(self, encoder: Encoder, capacity: int = 2000) -> None:
        self._encoder = encoder
        self.held: BoundedCache[tuple[str, str], Vectors] = BoundedCache("vectors", capacity)

    def get(self, text: str) -> Vectors:
        """The unit vector of a query; shape (d,)."""
        key = (self._encoder.fingerprint, text)
        vector = self.held.get(key)
        if vector is None:
            vector = self._encoder.encode([text])[0]
            self.held.put(key, vector)
        return vector
