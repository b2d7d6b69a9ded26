"""Products as SQL has them now, without reading the same ones again and again."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.catalog.product import Product
from retrieval.index.columns import variant_attributes
from retrieval.store.catalog_store import CatalogStore


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product as SQL had it at the last look, and what is costly to say of it."""

    product: Product
    held: list[set[str]]
    """``variant_attributes`` of the product."""


class ProductCache:
    """Products by id; what changed in SQL since the last call, be it a price, is read anew.

    Reading and validating a hundred products takes longer than searching. Thread-safe.
    """

    name = "products"

    def __init__(self, catalog: CatalogStore, capacity: int = 20_000) -> None:
        self.hits = 0
        self.misses = 0
        self._catalog = catalog
        self._capacity = capacity
        self._revision = -1
        self._held: OrderedDict[str, KnownProduct] = OrderedDict()
        self._lock = threading.Lock()

    def get_many(self, product_ids: Sequence[str]) -> dict[str, KnownProduct]:
        """The present products in the order asked for; those that are gone are left out."""
        with self._lock:
            self._forget_changed()
            missing = [key for key in product_ids if key not in self._held]
            self.misses += len(missing)
            self.hits += len(product_ids) - len(missing)
            if missing:
                for key, product in self._catalog.get_many(missing).items():
                    self._held[key] = KnownProduct(product, variant_attributes(product))
            found = {key: self._held[key] for key in product_ids if key in self._held}
            for key in found:
                self._held.move_to_end(key)
            while len(self._held) > self._capacity:
                self._held.popitem(last=False)
        return found

    def __len__(self) -> int:
        return len(self._held)

    def _forget_changed(self) -> None:
        revision = self._catalog.revision()
        if revision == self._revision:
            return
        if self._held:
            for change in self._catalog.changed_since(self._revision):
                self._held.pop(change.id, None)
        self._revision = revision
