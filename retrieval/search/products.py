"""Products as SQL has them now, without reading the same ones again and again."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from retrieval.catalog.product import Product
from retrieval.store.catalog_store import CatalogStore


class ProductCache:
    """Products by id; what changed in SQL since the last call is read anew. Thread-safe."""

    def __init__(self, catalog: CatalogStore, capacity: int = 20_000) -> None:
        self._catalog = catalog
        self._capacity = capacity
        self._revision = -1
        self._held: OrderedDict[str, Product] = OrderedDict()
        self._lock = threading.Lock()

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]:
        """The present products in the order asked for; those that are gone are left out."""
        with self._lock:
            self._forget_changed()
            missing = [key for key in product_ids if key not in self._held]
            if missing:
                self._held.update(self._catalog.get_many(missing))
            found = {key: self._held[key] for key in product_ids if key in self._held}
            for key in found:
                self._held.move_to_end(key)
            while len(self._held) > self._capacity:
                self._held.popitem(last=False)
        return found

    def _forget_changed(self) -> None:
        revision = self._catalog.revision()
        if revision == self._revision:
            return
        if self._held:
            for change in self._catalog.changed_since(self._revision):
                self._held.pop(change.id, None)
        self._revision = revision
