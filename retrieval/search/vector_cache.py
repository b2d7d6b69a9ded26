"""Vectors of the latest queries."""

import threading
from collections import OrderedDict

from retrieval.encoder.encoder import Encoder, Vectors


class VectorCache:
    """Encodes queries, remembering the latest. Thread-safe."""

    def __init__(self, encoder: Encoder, capacity: int = 2000) -> None:
        self._encoder = encoder
        self._capacity = capacity
        self._held: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> Vectors:
        with self._lock:
            if text in self._held:
                self._held.move_to_end(text)
                return self._held[text]
        vector: Vectors = self._encoder.encode([text])[0]
        with self._lock:
            self._held[text] = vector
            if len(self._held) > self._capacity:
                self._held.popitem(last=False)
        return vector
