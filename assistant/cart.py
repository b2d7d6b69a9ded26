"""Carts. A known customer's cart is kept with the customer, another's with the conversation."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assistant.conversation.tables import CartItemRow
from assistant.dialogue.outcome import Owner
from retrieval.store.base import Sessions

MAX_QUANTITY = 99


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many pieces of one variant. Prices are looked up in the catalogue, never kept here."""

    product_id: str
    sku: str
    quantity: int


class CartStore:
    """Carts in SQL. Whether a variant exists and is in stock is for the caller to know."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def lines(self, owner: Owner) -> list[CartLine]:
        """The cart's lines, oldest first."""
        with self._sessions() as session:
            rows = session.scalars(
                select(CartItemRow)
                .where(CartItemRow.owner == cart_key(owner))
                .order_by(CartItemRow.added_at, CartItemRow.sku)
            )
            return [CartLine(row.product_id, row.sku, row.quantity) for row in rows]

    def add(self, owner: Owner, product_id: str, sku: str, quantity: int = 1) -> CartLine:
        """Add pieces to the line of ``sku``, which holds ``MAX_QUANTITY`` at most."""
        with self._sessions.begin() as session:
            row = _line(session, owner, sku)
            if row is None:
                row = CartItemRow(
                    owner=cart_key(owner),
                    sku=sku,
                    product_id=product_id,
                    quantity=0,
                    added_at=datetime.now(UTC),
                )
                session.add(row)
            row.quantity = min(MAX_QUANTITY, row.quantity + max(1, quantity))
            return CartLine(row.product_id, row.sku, row.quantity)

    def set_quantity(self, owner: Owner, sku: str, quantity: int) -> None:
        """Set the pieces of a line; none takes the line out. Unknown lines are left alone."""
        with self._sessions.begin() as session:
            row = _line(session, owner, sku)
            if row is not None and quantity > 0:
                row.quantity = min(MAX_QUANTITY, quantity)
            elif row is not None:
                session.delete(row)

    def remove(self, owner: Owner, sku: str) -> bool:
        """Take a line out; ``False`` where there was none."""
        with self._sessions.begin() as session:
            row = _line(session, owner, sku)
            if row is not None:
                session.delete(row)
            return row is not None

    def clear(self, owner: Owner) -> None:
        with self._sessions.begin() as session:
            session.execute(delete(CartItemRow).where(CartItemRow.owner == cart_key(owner)))


def cart_key(owner: Owner) -> str:
    """Under which key a cart is kept."""
    if owner.customer_id is not None:
        return f"customer:{owner.customer_id}"
    return f"conversation:{owner.conversation_id}"


def _line(session: Session, owner: Owner, sku: str) -> CartItemRow | None:
    return session.get(CartItemRow, (cart_key(owner), sku))
