"""The neighbours of products as a server holds them: learnt anew now and then, by text at once."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Protocol

import numpy as np

from retrieval.constraints import Constraints
from retrieval.events.event import Event, EventType
from retrieval.recommend.behaviour import Acts, BehaviourReader
from retrieval.recommend.neighbours import Leaf, Neighbours
from retrieval.search.result import SearchResult

LEARN_EVERY_S = 600.0
RECENT = timedelta(days=30)
MOST_BOUGHT = 200
ALIKE = 20
"""Products alike by their texts that are kept of each."""
REMEMBERED = 5000


class Search(Protocol):
    """What finds products by their texts; ``HybridSearch`` is one."""

    def search(self, constraints: Constraints, limit: int, /) -> SearchResult: ...


class Products(Protocol):
    def titles(self, product_ids: Sequence[str]) -> Mapping[str, str]: ...


class NeighbourSource:
    """Joins what customers did with what the texts say. Safe to use from several threads.

    ``refresh`` is for a background thread; ``of`` only looks up and takes microseconds.
    """

    def __init__(
        self,
        reader: BehaviourReader,
        leaves: Callable[[], Mapping[str, Leaf]],
        search: Search,
        products: Products,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.learnt = Neighbours()
        """By behaviour, as of the last refresh."""
        self.most_bought: list[str] = []
        """Bought by the most customers in the last 30 days, the first most."""
        self.leaves: Mapping[str, Leaf] = {}
        """The category path of each product."""
        self._reader = reader
        self._read_leaves = leaves
        self._search = search
        self._products = products
        self._now = now
        self._due = 0.0
        self._alike: OrderedDict[str, list[str]] = OrderedDict()
        self._lock = Lock()

    def refresh(self, force: bool = False) -> None:
        """Learns from all behaviour anew, where that is due."""
        if monotonic() < self._due and not force:
            return
        self._due = monotonic() + LEARN_EVERY_S
        now = self._now()
        purchases = self._reader.purchases(now)
        self.leaves = self._read_leaves()
        self.learnt = Neighbours.learn(self._reader.looks(now), purchases, self.leaves)
        self.most_bought = _most_bought(purchases, now)
        with self._lock:
            self._alike.clear()

    def of(self, product_ids: Sequence[str], limit: int) -> list[str]:
        """Neighbours of some products, by behaviour and, as far as it is known, by text."""
        by_behaviour = self.learnt.looked_along(product_ids, limit)
        with self._lock:
            by_text = [other for key in product_ids for other in self._alike.get(key, ())]
        found = dict.fromkeys([*by_behaviour[: limit * 2 // 3], *by_text, *by_behaviour])
        return [key for key in found if key not in product_ids][:limit]

    def alike(self, product_id: str) -> list[str]:
        """Products whose texts are like a product's, the nearest first; tens of milliseconds the
        first time."""
        with self._lock:
            known = self._alike.get(product_id)
        if known is not None:
            return known
        title = self._products.titles([product_id]).get(product_id)
        if title is None:
            return []
        found = self._search.search(Constraints(query=title), ALIKE + 1).candidates
        if len(found) <= ALIKE and (leaf := self.leaves.get(product_id)):
            found += self._search.search(Constraints(category=leaf[-1]), ALIKE + 1).candidates
        alike = [key for key in dict.fromkeys(c.id for c in found) if key != product_id][:ALIKE]
        with self._lock:
            self._alike[product_id] = alike
            while len(self._alike) > REMEMBERED:
                self._alike.popitem(last=False)
        return alike

    def observe(self, events: Iterable[Event]) -> None:
        """Makes known what is like the product that was acted on last."""
        acted = [e.product_id for e in events if e.type is not EventType.IMPRESSION]
        if acted:
            self.alike(acted[-1])


def _most_bought(purchases: Acts, now: datetime) -> list[str]:
    if not len(purchases):
        return []
    recent = purchases.at >= (now - RECENT).timestamp()
    lines = np.column_stack([purchases.customer[recent], purchases.product[recent]])
    counts = Counter(np.unique(lines, axis=0)[:, 1].tolist())
    return [purchases.products[code] for code, _ in counts.most_common(MOST_BOUGHT)]
