"""What customers did, as arrays: who acted on which product when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from retrieval.events.event import EventType
from retrieval.store.base import Sessions
from retrieval.store.tables import EventRow, OrderLineRow, OrderRow

HISTORY = timedelta(days=365)
"""How far back neighbours are learnt from."""
MOST_ROWS = 2_000_000
"""The latest rows that are read, so that memory stays bounded."""
LOOKED = (EventType.VIEW.value, EventType.CLICK.value, EventType.ADD_TO_CART.value)

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Acts:
    """Parallel arrays, one entry per act; ``customer`` and ``product`` are codes."""

    customer: Codes
    product: Codes
    at: Codes
    """Seconds since 1970."""
    products: list[str]
    """Product ids by code."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, datetime]]) -> "Acts":
        """From ``(customer, product, moment)``."""
        customers: dict[str, int] = {}
        products: dict[str, int] = {}
        packed = [
            (
                customers.setdefault(customer, len(customers)),
                products.setdefault(product, len(products)),
                int(moment.timestamp()),
            )
            for customer, product, moment in rows
        ]
        table = np.array(packed, dtype=np.int64).reshape(len(packed), 3)
        return cls(table[:, 0], table[:, 1], table[:, 2], list(products))

    def __len__(self) -> int:
        return len(self.at)


class BehaviourReader:
    """Reads looks and purchases from events and orders."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def looks(self, now: datetime | None = None) -> Acts:
        """Views, clicks and what was put into carts."""
        query = (
            select(EventRow.customer_id, EventRow.product_id, EventRow.at)
            .where(EventRow.type.in_(LOOKED), EventRow.at >= _since(now))
            .order_by(EventRow.id.desc())
            .limit(MOST_ROWS)
        )
        with self._sessions() as session:
            return Acts.of((who, what, at) for who, what, at in session.execute(query))

    def purchases(self, now: datetime | None = None) -> Acts:
        """What was bought, by events and by orders; the same purchase may be there in both."""
        bought = (
            select(EventRow.customer_id, EventRow.product_id, EventRow.at)
            .where(EventRow.type == EventType.PURCHASE.value, EventRow.at >= _since(now))
            .order_by(EventRow.id.desc())
            .limit(MOST_ROWS)
        )
        ordered = (
            select(OrderRow.customer_id, OrderLineRow.product_id, OrderRow.placed_at)
            .join(OrderLineRow, OrderLineRow.order_id == OrderRow.id)
            .where(OrderRow.placed_at >= _since(now))
            .limit(MOST_ROWS)
        )
        with self._sessions() as session:
            rows = [*session.execute(bought), *session.execute(ordered)]
        return Acts.of((who, what, at) for who, what, at in rows)


def _since(now: datetime | None) -> datetime:
    return (now or datetime.now(UTC)) - HISTORY
