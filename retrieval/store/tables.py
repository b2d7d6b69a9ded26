"""The tables of the catalogue, its reviews, customers, behaviour and orders."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from retrieval.store.base import Base, PlainText

Key = String(200)
BigKey = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys by itself


class ProductRow(Base):
    """A product. ``document`` is its JSON without what ``variants`` holds: prices and stock."""

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, index=True)
    """The catalogue's revision at which this product last changed."""
    document: Mapped[str] = mapped_column(PlainText)
    title: Mapped[str] = mapped_column(PlainText)
    department: Mapped[str | None] = mapped_column(Key, index=True)
    """The first of its categories."""
    text_hash: Mapped[str] = mapped_column(String(64))
    """Changes exactly when a text does that search reads."""
    price_min: Mapped[float] = mapped_column(Double)
    in_stock: Mapped[bool]
    rating: Mapped[float | None] = mapped_column(Double)
    review_count: Mapped[int]
    created_at: Mapped[datetime | None]
    removed: Mapped[bool] = mapped_column(default=False)
    """Kept as a tombstone, so that an index learns of the removal."""


class VariantRow(Base):
    """The truth of a variant's price and stock; ``position`` is its place in the product."""

    __tablename__ = "variants"

    product_id: Mapped[str] = mapped_column(
        Key, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    sku: Mapped[str] = mapped_column(Key, primary_key=True, index=True)
    position: Mapped[int]
    price: Mapped[float] = mapped_column(Double)
    list_price: Mapped[float | None] = mapped_column(Double)
    stock: Mapped[int | None] = mapped_column(BigInteger)
    in_stock: Mapped[bool]


class CatalogStateRow(Base):
    """One row about the catalogue as a whole."""

    __tablename__ = "catalog_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    is_demo: Mapped[bool]
    updated_at: Mapped[datetime]


class ReviewRow(Base):
    """A review. The product need not be there (yet): feeds come in any order."""

    __tablename__ = "reviews"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    product_id: Mapped[str] = mapped_column(Key, index=True)
    customer_id: Mapped[str | None] = mapped_column(Key, index=True)
    rating: Mapped[int]
    title: Mapped[str] = mapped_column(PlainText)
    text: Mapped[str] = mapped_column(PlainText)
    language: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    analysed_by: Mapped[str | None] = mapped_column(String(64), index=True)
    """Fingerprint of what extracted its aspects; none yet where empty."""
    polarity: Mapped[float | None] = mapped_column(Double)
    """What its text says on the whole, in [-1, 1]; empty where it judges nothing."""
    text_print: Mapped[str | None] = mapped_column(String(32), index=True)
    """Equal where two texts are, case and punctuation aside; empty for short ones."""


class ReviewAspectRow(Base):
    """What one clause of a review says of one aspect; polarity in [-1, 1]."""

    __tablename__ = "review_aspects"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    review_id: Mapped[str] = mapped_column(
        Key, ForeignKey("reviews.id", ondelete="CASCADE"), index=True
    )
    product_id: Mapped[str] = mapped_column(Key, index=True)
    aspect: Mapped[str] = mapped_column(String(80))
    polarity: Mapped[float] = mapped_column(Double)
    clause: Mapped[str] = mapped_column(PlainText)
    day: Mapped[int] = mapped_column(default=0)
    """The review's date in days since 1970-01-01 UTC."""


class ReviewSuspicionRow(Base):
    """Why a review may not be genuine; such reviews count less. ``because`` holds the grounds."""

    __tablename__ = "review_suspicions"

    review_id: Mapped[str] = mapped_column(
        Key, ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    product_id: Mapped[str] = mapped_column(Key, index=True)
    because: Mapped[dict[str, Any]] = mapped_column(JSON)


class OwnAspectRow(Base):
    """An aspect that a merchant took over from what the reviews of a department speak of."""

    __tablename__ = "own_aspects"

    department: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    words: Mapped[list[str]] = mapped_column(JSON)
    labels: Mapped[dict[str, str]] = mapped_column(JSON)
    at: Mapped[datetime]


class AlarmRow(Base):
    """A turn for the worse in what reviews say of a product, a department or the shop."""

    __tablename__ = "alarms"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Made of the series and the review it began with, so that it is raised once."""
    scope: Mapped[str] = mapped_column(String(20))
    """``product``, ``department`` or ``shop``."""
    key: Mapped[str] = mapped_column(Key, index=True)
    """The product's id, the department's name, or empty."""
    aspect: Mapped[str] = mapped_column(String(80))
    """Empty where it is about the reviews on the whole."""
    began: Mapped[datetime]
    raised_at: Mapped[datetime] = mapped_column(index=True)
    """Date of the review that raised it."""
    found_at: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Shares before and since, counts, and the ids of the reviews behind it."""
    seen_by: Mapped[str | None] = mapped_column(Key)
    seen_at: Mapped[datetime | None]


class WebhookRow(Base):
    """A message to the merchant's own system, kept until it was taken or given up."""

    __tablename__ = "webhook_outbox"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Sent along, so that the receiver can tell a repetition."""
    body: Mapped[str] = mapped_column(PlainText)
    attempts: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is tried next; empty once it was delivered or given up."""
    delivered_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(PlainText)
    """Why the last attempt failed."""
    created_at: Mapped[datetime]


class CustomerRow(Base):
    """A customer; without a row a customer is a stranger with everything at its default."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    locale: Mapped[str] = mapped_column(String(20))
    personalise: Mapped[bool]
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)


class EventRow(Base):
    """One thing a customer did. ``id`` rises in the order of arrival."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_customer_id_at", "customer_id", "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    type: Mapped[str] = mapped_column(String(20))
    customer_id: Mapped[str] = mapped_column(Key)
    product_id: Mapped[str] = mapped_column(Key, index=True)
    conversation_id: Mapped[str | None] = mapped_column(PlainText)
    turn_id: Mapped[str | None] = mapped_column(PlainText)
    position: Mapped[int | None]
    value: Mapped[float | None] = mapped_column(Double)
    query: Mapped[str | None] = mapped_column(PlainText)
    at: Mapped[datetime]


class EventRejectionRow(Base):
    """How many posted events were not taken, by day (since 1970-01-01 UTC) and reason."""

    __tablename__ = "event_rejections"

    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class CampaignRow(Base):
    """A merchant's paid placement. Money is in millionths of the shop's currency, so that sums are
    exact."""

    __tablename__ = "campaigns"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Name, advertiser, products, targeting."""
    state: Mapped[str] = mapped_column(String(20), index=True)
    """``active``, ``paused`` or ``ended``."""
    bid: Mapped[int] = mapped_column(BigInteger)
    budget: Mapped[int] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[int]
    """Day (since 1970-01-01 UTC) that ``spent_today`` is about."""
    spent_today: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]


class PlacementRow(Base):
    """One sponsored product shown once, with the price of a click on it."""

    __tablename__ = "placements"
    __table_args__ = (Index("ix_placements_product_id_customer_id", "product_id", "customer_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    campaign_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("campaigns.id", ondelete="CASCADE"), index=True
    )
    product_id: Mapped[str] = mapped_column(Key)
    customer_id: Mapped[str | None] = mapped_column(Key, index=True)
    price: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    clicked_at: Mapped[datetime | None]
    charged: Mapped[int] = mapped_column(BigInteger)


class ExperimentRow(Base):
    """Two rankers compared on customers; at most one experiment runs at a time."""

    __tablename__ = "experiments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    kind: Mapped[str] = mapped_column(String(20))
    """``ab`` or ``interleaving``."""
    arms: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), index=True)
    """``running`` or ``stopped``."""
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


class InterleavedRow(Base):
    """Which ranker put a product into an interleaved list that a customer was shown."""

    __tablename__ = "interleaved"
    __table_args__ = (Index("ix_interleaved_experiment_id_at", "experiment_id", "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    experiment_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("experiments.id", ondelete="CASCADE")
    )
    customer_id: Mapped[str] = mapped_column(Key, index=True)
    product_id: Mapped[str] = mapped_column(Key)
    team: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class ShadowListRow(Base):
    """A list that was shown, with what a shadow ranking made of it."""

    __tablename__ = "shadow_lists"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    version: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(Key, index=True)
    """The customer, or the conversation of one who is not signed in."""
    at: Mapped[datetime]
    correlation: Mapped[float] = mapped_column(Double)
    """Spearman's, of both orders of all candidates."""
    same_first: Mapped[bool]
    top_overlap: Mapped[float] = mapped_column(Double)
    shown: Mapped[list[list[Any]]] = mapped_column(JSON)
    """Per product its id, live score, shadow score, and the chance that its place was looked at."""


class OrderRow(Base):
    """An order as the shop's back office knows it."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_customer_id_placed_at", "customer_id", "placed_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[str] = mapped_column(Key)
    status: Mapped[str] = mapped_column(String(40))
    currency: Mapped[str] = mapped_column(String(3))
    placed_at: Mapped[datetime]
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)


class OrderLineRow(Base):
    """One line of an order; title and price are those of the day it was placed."""

    __tablename__ = "order_lines"

    order_id: Mapped[str] = mapped_column(
        Key, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_id: Mapped[str] = mapped_column(Key)
    sku: Mapped[str] = mapped_column(Key)
    title: Mapped[str] = mapped_column(PlainText)
    quantity: Mapped[int]
    unit_price: Mapped[float] = mapped_column(Double)


class IndexGenerationRow(Base):
    """One built search index; at most one is active."""

    __tablename__ = "index_generations"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    """``building``, ``active`` or ``retired``."""
    revision: Mapped[int] = mapped_column(BigInteger)
    """The catalogue's revision read before its first product was."""
    encoder: Mapped[str] = mapped_column(PlainText)
    """Fingerprint of the encoder that made its vectors."""
    products: Mapped[int]
    facets: Mapped[str | None] = mapped_column(PlainText)
    """JSON of ``CatalogFacets``."""
    info: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
