"""Bounds on how much behaviour counts: for a customer, a product, and a customer with a product.

They are kept in memory, by the time of arrival, whatever time an event claims: nobody gets past
them by dating events back.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

from retrieval.events.event import Event, EventType

REMEMBERED = 50_000
"""Counters kept of each kind; the oldest are forgotten."""
PAIR_CAPS: dict[EventType, int] = {
    EventType.IMPRESSION: 100,
    EventType.VIEW: 20,
    EventType.CLICK: 20,
    EventType.ADD_TO_CART: 10,
    EventType.REMOVE_FROM_CART: 10,
    EventType.PURCHASE: 10,
}
"""Events of one type that one customer can have with one product in a day."""


class Cap:
    """So many in a stretch of time by key. Not safe for threads by itself."""

    def __init__(self, most: int, window: timedelta) -> None:
        self.most = most
        self._window = window
        self._counts: OrderedDict[Hashable, tuple[datetime, int]] = OrderedDict()

    def takes(self, key: Hashable, now: datetime, most: int | None = None) -> bool:
        """Counts one more, unless there were too many."""
        start, count = self._counts.get(key, (now, 0))
        if now - start >= self._window:
            start, count = now, 0
        if count >= (self.most if most is None else most):
            return False
        self._counts[key] = (start, count + 1)
        self._counts.move_to_end(key)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return True


class FloodGuard:
    """Says of each event whether it is one too many.

    Args:
        per_customer: events of one customer in a minute.
        per_product: events for one product in an hour by all customers together whom the shop does
            not know; names are cheap to make up.
    """

    def __init__(self, per_customer: int, per_product: int) -> None:
        self._customers = Cap(per_customer, timedelta(minutes=1))
        self._products = Cap(per_product, timedelta(hours=1))
        self._pairs = Cap(0, timedelta(days=1))

    def refuses(self, event: Event, known: bool, now: datetime) -> tuple[str, str] | None:
        """The field and the reason where an event is refused."""
        if not self._customers.takes(event.customer_id, now):
            reason = f"More than {self._customers.most} events of this customer in a minute."
            return "customer_id", reason
        most = PAIR_CAPS[event.type]
        pair = (event.customer_id, event.product_id, event.type)
        if not self._pairs.takes(pair, now, most):
            reason = f"More than {most} times {event.type.value!r} by one customer in a day."
            return "product_id", reason
        if not known and not self._products.takes(event.product_id, now):
            reason = (
                f"More than {self._products.most} events for this product in an hour by customers "
                "whom the shop does not know."
            )
            return "product_id", reason
        return None
