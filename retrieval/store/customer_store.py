"""Customers."""

from collections.abc import Collection, Iterable

from sqlalchemy import delete, select

from retrieval.store.base import Sessions
from retrieval.store.bulk import UpsertCounts, chunks, differing, write
from retrieval.store.customer import Customer
from retrieval.store.tables import CustomerRow

_COLUMNS = tuple(getattr(CustomerRow, name) for name in Customer.model_fields)


class CustomerStore:
    """Customers by id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def get(self, customer_id: str) -> Customer | None:
        """The customer, or ``None`` for a stranger."""
        query = select(*_COLUMNS).where(CustomerRow.id == customer_id)
        with self._sessions() as session:
            row = session.execute(query).mappings().one_or_none()
        return Customer.model_validate(dict(row)) if row else None

    def known(self, customer_ids: Collection[str]) -> set[str]:
        """Which of some ids are customers of the shop."""
        found: set[str] = set()
        with self._sessions() as session:
            for chunk in chunks(customer_ids):
                query = select(CustomerRow.id).where(CustomerRow.id.in_(chunk))
                found.update(session.scalars(query))
        return found

    def page(self, limit: int = 50, after: str = "") -> list[Customer]:
        """Customers by ascending id, from the one after ``after``; for pickers and paging."""
        query = select(*_COLUMNS).where(CustomerRow.id > after).order_by(CustomerRow.id)
        with self._sessions() as session:
            rows = session.execute(query.limit(limit)).mappings().all()
        return [Customer.model_validate(dict(row)) for row in rows]

    def upsert_many(self, customers: Iterable[Customer], batch: int = 2000) -> UpsertCounts:
        """Create or overwrite customers."""
        counts = UpsertCounts()
        for chunk in chunks(customers, batch):
            rows = [customer.model_dump() for customer in {c.id: c for c in chunk}.values()]
            with self._sessions.begin() as session:
                changed, found = differing(session, CustomerRow, "id", rows)
                write(session, CustomerRow, changed)
                counts.add(found)
        return counts

    def set_personalise(self, customer_id: str, on: bool) -> None:
        """Say whether behaviour may be used to rank; makes a stranger a known customer."""
        customer = Customer(id=customer_id, personalise=on)
        with self._sessions.begin() as session:
            write(session, CustomerRow, [customer.model_dump()], overwrite=False)
            row = session.get_one(CustomerRow, customer.id)
            row.personalise = on

    def erase(self, customer_id: str) -> bool:
        """Forget a customer; whether there was one. The other stores erase what they hold."""
        with self._sessions.begin() as session:
            gone = delete(CustomerRow).where(CustomerRow.id == customer_id)
            return session.scalar(gone.returning(CustomerRow.id)) is not None
