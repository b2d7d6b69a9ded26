"""A cache that forgets what was not asked for longest, and counts how often it helped."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Protocol):
    """What is told of a cache."""

    @property
    def name(self) -> str: ...

    @property
    def hits(self) -> int:
        """How often something was asked for and there; ``misses``: and not there."""
        ...

    @property
    def misses(self) -> int: ...

    def __len__(self) -> int: ...


class BoundedCache(Generic[Key, Value]):
    """At most ``capacity`` values. Thread-safe. What is no longer true must change its key."""

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self.hits = 0
        self.misses = 0
        self._capacity = capacity
        self._held: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key not in self._held:
                self.misses += 1
                return None
            self.hits += 1
            self._held.move_to_end(key)
            return self._held[key]

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self._capacity:
                self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()

    def __len__(self) -> int:
        return len(self._held)
