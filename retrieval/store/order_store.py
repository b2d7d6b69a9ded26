"""Orders."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from retrieval.store.base import Sessions, as_utc
from retrieval.store.bulk import Row, UpsertCounts, chunks, differing, write
from retrieval.store.order import Order, OrderLine
from retrieval.store.tables import OrderLineRow, OrderRow

_COLUMNS = tuple(getattr(OrderRow, name) for name in Order.model_fields if name != "lines")
_LINE_COLUMNS = tuple(getattr(OrderLineRow, name) for name in OrderLine.model_fields)
_NEWEST = (OrderRow.placed_at.desc(), OrderRow.id)


class OrderStore:
    """Orders by id and by customer."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def get(self, order_id: str) -> Order | None:
        with self._sessions() as session:
            found = _load(session, OrderRow.id == order_id)
        return found[0] if found else None

    def by_customer(self, customer_id: str, limit: int = 100) -> list[Order]:
        """A customer's orders, newest first."""
        with self._sessions() as session:
            return _load(session, OrderRow.customer_id == customer_id, limit=limit)

    def upsert_many(self, orders: Iterable[Order], batch: int = 500) -> UpsertCounts:
        """Create or overwrite orders with their lines."""
        counts = UpsertCounts()
        for chunk in chunks(orders, batch):
            counts.add(self._upsert(list({order.id: order for order in chunk}.values())))
        return counts

    def count(self) -> int:
        with self._sessions() as session:
            return session.scalar(select(func.count(OrderRow.id))) or 0

    def erase(self, customer_id: str) -> int:
        """Delete a customer's orders; how many."""
        with self._sessions.begin() as session:
            gone = delete(OrderRow).where(OrderRow.customer_id == customer_id)
            return len(session.scalars(gone.returning(OrderRow.id)).all())

    def _upsert(self, orders: list[Order]) -> UpsertCounts:
        with self._sessions.begin() as session:
            present = {o.id: o for o in _load(session, OrderRow.id.in_([o.id for o in orders]))}
            changed, counts = differing(session, OrderRow, "id", [_row(order) for order in orders])
            rewritten = {row["id"] for row in changed}
            for order in orders:
                before = present.get(order.id)
                if before and order.id not in rewritten and before.lines != order.lines:
                    rewritten.add(order.id)
                    counts.unchanged -= 1
                    counts.updated += 1
            write(session, OrderRow, changed)
            for part in chunks(rewritten):
                session.execute(delete(OrderLineRow).where(OrderLineRow.order_id.in_(part)))
            lines = [row for order in orders if order.id in rewritten for row in _line_rows(order)]
            write(session, OrderLineRow, lines)
        return counts


def _load(session: Session, condition: Any, limit: int | None = None) -> list[Order]:
    query = select(*_COLUMNS).where(condition).order_by(*_NEWEST).limit(limit)
    rows = session.execute(query).mappings().all()
    lines: dict[str, list[Row]] = {}
    for chunk in chunks([row["id"] for row in rows]):
        of_orders = (
            select(OrderLineRow.order_id, *_LINE_COLUMNS)
            .where(OrderLineRow.order_id.in_(chunk))
            .order_by(OrderLineRow.order_id, OrderLineRow.position)
        )
        for found in session.execute(of_orders).mappings():
            line = dict(found)
            lines.setdefault(line.pop("order_id"), []).append(line)
    return [Order.model_validate({**row, "lines": lines.get(row["id"], [])}) for row in rows]


def _row(order: Order) -> Row:
    return order.model_dump(exclude={"lines"}) | {"placed_at": as_utc(order.placed_at)}


def _line_rows(order: Order) -> list[Row]:
    return [
        {"order_id": order.id, "position": position, **line.model_dump()}
        for position, line in enumerate(order.lines)
    ]
