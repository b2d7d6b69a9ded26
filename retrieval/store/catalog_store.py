"""The catalogue in SQL: products, their variants, and the revision that every change raises."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from retrieval.catalog.product import Product
from retrieval.errors import ProductNotFoundError
from retrieval.store.base import Sessions
from retrieval.store.bulk import UpsertCounts, chunks, table_of, write
from retrieval.store.catalog_rows import document_of, product_row, text_hash, variant_rows
from retrieval.store.tables import CatalogStateRow, ProductRow, VariantRow


@dataclass(frozen=True, slots=True)
class CatalogState:
    """The catalogue as a whole. ``currency`` is that of most of its products."""

    revision: int
    currency: str | None
    is_demo: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A product that changed; an equal ``text_hash`` means only in prices, stock or figures."""

    id: str
    revision: int
    text_hash: str
    removed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a product changes most often, and no text search reads."""

    id: str
    rating: float | None
    review_count: int
    variants: dict[str, tuple[float, bool]]
    """Price by SKU, and whether it is in stock."""


@dataclass(frozen=True, slots=True)
class Selling:
    """A new price or stock of one variant; ``None`` leaves the value as it is.

    A ``stock`` given alone also sets ``in_stock`` to whether any piece is left.
    """

    product_id: str
    sku: str
    price: float | None = None
    list_price: float | None = None
    stock: int | None = None
    in_stock: bool | None = None


class CatalogStore:
    """Products by id, in bulk, and by revision. Every call or batch is one transaction."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    # Reading

    def get(self, product_id: str) -> Product:
        """One product. Raises ``ProductNotFoundError``."""
        found = self.get_many([product_id])
        if not found:
            raise ProductNotFoundError(f"There is no product {product_id!r}.")
        return found[product_id]

    def get_many(self, product_ids: Collection[str]) -> dict[str, Product]:
        """Products by id, in the order asked for; those that do not exist are left out."""
        wanted = list(dict.fromkeys(product_ids))
        found: dict[str, Product] = {}
        with self._sessions() as session:
            for chunk in chunks(wanted):
                found.update((p.id, p) for p in _load(session, ProductRow.id.in_(chunk)))
        return {key: found[key] for key in wanted if key in found}

    def standings(self, product_ids: Iterable[str]) -> dict[str, Standing]:
        """Prices, stock and ratings by product id; products that do not exist are left out."""
        found: dict[str, Standing] = {}
        columns = (VariantRow.sku, VariantRow.price, VariantRow.in_stock)
        with self._sessions() as session:
            for chunk in chunks(product_ids):
                query = (
                    select(ProductRow.id, ProductRow.rating, ProductRow.review_count, *columns)
                    .join(VariantRow, VariantRow.product_id == ProductRow.id)
                    .where(~ProductRow.removed, ProductRow.id.in_(chunk))
                )
                for key, rating, reviews, sku, price, in_stock in session.execute(query):
                    standing = found.setdefault(key, Standing(key, rating, reviews, {}))
                    standing.variants[sku] = (price, in_stock)
        return found

    def scan(self, batch: int = 1000) -> Iterator[Product]:
        """All products by ascending id, ``batch`` in memory at a time, no transaction held open."""
        last = ""
        while True:
            with self._sessions() as session:
                ids = session.scalars(
                    select(ProductRow.id)
                    .where(ProductRow.id > last, ~ProductRow.removed)
                    .order_by(ProductRow.id)
                    .limit(batch)
                ).all()
                if not ids:
                    return
                in_batch = (ProductRow.id > last, ProductRow.id <= ids[-1])
                products = list(_load(session, *in_batch))
            yield from products
            last = ids[-1]

    def count(self) -> int:
        with self._sessions() as session:
            return session.scalar(select(func.count(ProductRow.id)).where(~ProductRow.removed)) or 0

    def departments(self) -> dict[str, int]:
        """Products by department, the largest first."""
        query = (
            select(ProductRow.department, func.count())
            .where(~ProductRow.removed, ProductRow.department.is_not(None))
            .group_by(ProductRow.department)
            .order_by(func.count().desc(), ProductRow.department)
        )
        with self._sessions() as session:
            return {name: count for name, count in session.execute(query) if name is not None}

    def titles_in(self, department: str) -> list[str]:
        """Titles of the products of a department."""
        query = select(ProductRow.title).where(
            ProductRow.department == department, ~ProductRow.removed
        )
        with self._sessions() as session:
            return list(session.scalars(query))

    def titles(self, product_ids: Collection[str]) -> dict[str, str]:
        """Titles by product id, of removed products too."""
        found: dict[str, str] = {}
        with self._sessions() as session:
            for chunk in chunks(product_ids):
                query = select(ProductRow.id, ProductRow.title).where(ProductRow.id.in_(chunk))
                found.update((row.id, row.title) for row in session.execute(query))
        return found

    def is_empty(self) -> bool:
        """Whether the catalogue holds no product."""
        with self._sessions() as session:
            query = select(ProductRow.id).where(~ProductRow.removed).limit(1)
            return session.scalar(query) is None

    def revision(self) -> int:
        """Rises with every change of the catalogue; 0 before the first."""
        # Asked at every search: without a session it takes a quarter of the time.
        with self._sessions.kw["bind"].connect() as connection:
            return connection.scalar(select(table_of(CatalogStateRow).c.revision)) or 0

    def state(self) -> CatalogState:
        with self._sessions() as session:
            row = session.get(CatalogStateRow, 1)
        if row is None:
            return CatalogState(0, None, False, datetime.now(UTC))
        return CatalogState(row.revision, row.currency, row.is_demo, row.updated_at)

    def changed_since(self, revision: int) -> list[ProductChange]:
        """Products that changed after ``revision``, removed ones included, oldest change first."""
        query = (
            select(ProductRow.id, ProductRow.revision, ProductRow.text_hash, ProductRow.removed)
            .where(ProductRow.revision > revision)
            .order_by(ProductRow.revision, ProductRow.id)
        )
        with self._sessions() as session:
            return [ProductChange(*row) for row in session.execute(query)]

    # Writing

    def upsert_many(self, products: Iterable[Product], batch: int = 500) -> UpsertCounts:
        """Create or overwrite products, ``batch`` a transaction, each raising the revision by one.

        A batch in which nothing differs changes nothing, the revision included. Of products with
        the same id in one batch the last counts.
        """
        counts = UpsertCounts()
        for chunk in chunks(products, batch):
            with self._sessions.begin() as session:
                counts.add(_upsert(session, list({p.id: p for p in chunk}.values())))
        return counts

    def preview_many(self, products: Iterable[Product], batch: int = 500) -> UpsertCounts:
        """What ``upsert_many`` would count, with nothing changed."""
        counts = UpsertCounts()
        for chunk in chunks(products, batch):
            with self._sessions() as session:
                counts.add(_upsert(session, list({p.id: p for p in chunk}.values())))
                session.rollback()
        return counts

    def remove_missing(self, seen: Collection[str]) -> int:
        """Remove every product whose id is not in ``seen``; how many. ``in`` must be quick."""
        with self._sessions.begin() as session:
            _lock(session)
            gone = [key for key in _ids(session) if key not in seen]
            if gone:
                revision = _raise_revision(session)
                for chunk in chunks(gone):
                    session.execute(
                        update(ProductRow)
                        .where(ProductRow.id.in_(chunk))
                        .values(removed=True, revision=revision)
                    )
        return len(gone)

    def update_stock_price(self, sellings: Iterable[Selling]) -> int:
        """Apply new prices and stock; how many variants changed. Unknown variants are ignored."""
        changed = 0
        for chunk in chunks(sellings):
            with self._sessions.begin() as session:
                changed += _update_selling(session, chunk)
        return changed

    def describe(self, *, currency: str | None = None, is_demo: bool | None = None) -> None:
        """Set what is said of the catalogue as a whole; ``None`` leaves a value as it is."""
        values = {"currency": currency, "is_demo": is_demo}
        given = {name: value for name, value in values.items() if value is not None}
        with self._sessions.begin() as session:
            _lock(session)
            if given:
                session.execute(update(CatalogStateRow).values(**given))


def _ids(session: Session, batch: int = 10_000) -> Iterator[str]:
    """All ids in ascending order, ``batch`` in memory at a time."""
    last = ""
    query = select(ProductRow.id).where(~ProductRow.removed).order_by(ProductRow.id).limit(batch)
    while page := session.scalars(query.where(ProductRow.id > last)).all():
        yield from page
        last = page[-1]


def _load(session: Session, *conditions: Any) -> Iterator[Product]:
    """Products with their variants, by id; one statement, hence one consistent snapshot."""
    query = (
        select(
            ProductRow.id,
            ProductRow.document,
            VariantRow.sku,
            VariantRow.price,
            VariantRow.list_price,
            VariantRow.stock,
            VariantRow.in_stock,
        )
        .join(VariantRow, VariantRow.product_id == ProductRow.id)
        .where(~ProductRow.removed, *conditions)
        .order_by(ProductRow.id, VariantRow.position)
    )
    current: str | None = None
    document = ""
    sellings: dict[str, dict[str, Any]] = {}
    for key, text, sku, price, list_price, stock, in_stock in session.execute(query):
        if key != current:
            if current is not None:
                yield _hydrate(document, sellings)
            current, document, sellings = key, text, {}
        sellings[sku] = {
            "price": price,
            "list_price": list_price,
            "stock": stock,
            "in_stock": in_stock,
        }
    if current is not None:
        yield _hydrate(document, sellings)


def _hydrate(document: str, sellings: dict[str, dict[str, Any]]) -> Product:
    content = json.loads(document)
    for variant in content["variants"]:
        variant.update(sellings[variant["sku"]])
    return Product.model_validate(content)


def _lock(session: Session) -> None:
    """Make this the only transaction that writes the catalogue, until it ends."""
    lock = update(CatalogStateRow).values(revision=CatalogStateRow.revision)
    if session.scalar(lock.returning(CatalogStateRow.id)) is None:
        first = {"id": 1, "revision": 0, "currency": None, "is_demo": False}
        row = first | {"updated_at": datetime.now(UTC)}
        write(session, CatalogStateRow, [row], overwrite=False)
        session.execute(lock)


def _raise_revision(session: Session) -> int:
    statement = (
        update(CatalogStateRow)
        .values(revision=CatalogStateRow.revision + 1, updated_at=datetime.now(UTC))
        .returning(CatalogStateRow.revision)
    )
    return session.execute(statement).scalar_one()


def _upsert(session: Session, products: Sequence[Product]) -> UpsertCounts:
    _lock(session)
    ids = [product.id for product in products]
    documents = {
        row.id: (row.document, row.removed)
        for row in session.execute(
            select(ProductRow.id, ProductRow.document, ProductRow.removed).where(
                ProductRow.id.in_(ids)
            )
        )
    }
    variants: dict[str, list[dict[str, Any]]] = {}
    present = (
        select(*VariantRow.__table__.columns)
        .where(VariantRow.product_id.in_(ids))
        .order_by(VariantRow.product_id, VariantRow.position)
    )
    for row in session.execute(present).mappings():
        variants.setdefault(row["product_id"], []).append(dict(row))

    counts = UpsertCounts()
    changed: list[tuple[Product, str]] = []
    for product in products:
        document = document_of(product)
        before, removed = documents.get(product.id, (None, True))
        if removed:
            counts.created += 1
        elif before == document and variants.get(product.id) == variant_rows(product):
            counts.unchanged += 1
            continue
        else:
            counts.updated += 1
        changed.append((product, document))
    if changed:
        revision = _raise_revision(session)
        write(
            session,
            ProductRow,
            [product_row(p, text, text_hash(p), revision) for p, text in changed],
        )
        rewritten = [p.id for p, _ in changed if p.id in variants]
        session.execute(delete(VariantRow).where(VariantRow.product_id.in_(rewritten)))
        write(session, VariantRow, [row for p, _ in changed for row in variant_rows(p)])
    return counts


def _update_selling(session: Session, sellings: Sequence[Selling]) -> int:
    _lock(session)
    ids = {selling.product_id for selling in sellings}
    products = {product.id: product for product in _load(session, ProductRow.id.in_(ids))}
    touched: set[str] = set()
    changed = 0
    for selling in sellings:
        product = products.get(selling.product_id)
        variant = (
            next((v for v in product.variants if v.sku == selling.sku), None) if product else None
        )
        if product is None or variant is None:
            continue
        values = {
            "price": selling.price,
            "list_price": selling.list_price,
            "stock": selling.stock,
            "in_stock": selling.in_stock,
        }
        if selling.stock is not None and selling.in_stock is None:
            values["in_stock"] = selling.stock > 0
        given = {name: value for name, value in values.items() if value is not None}
        after = variant.model_validate(variant.model_dump() | given)
        if after != variant:
            product.variants[product.variants.index(variant)] = after
            touched.add(product.id)
            changed += 1
    if touched:
        revision = _raise_revision(session)
        rows = [products[key] for key in sorted(touched)]
        write(session, VariantRow, [row for product in rows for row in variant_rows(product)])
        for product in rows:
            session.execute(
                update(ProductRow)
                .where(ProductRow.id == product.id)
                .values(revision=revision, price_min=product.price, in_stock=product.in_stock)
            )
    return changed
