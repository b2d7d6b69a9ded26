"""The SQL store: the truth of catalogue, reviews, customers, behaviour and orders."""

from retrieval.store.base import Base, Sessions, connect, session_factory
from retrieval.store.bulk import UpsertCounts
from retrieval.store.catalog_store import CatalogState, CatalogStore, ProductChange, Selling
from retrieval.store.customer import Customer
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.order import Order, OrderLine, OrderStatus
from retrieval.store.order_store import OrderStore
from retrieval.store.review_store import RatingSummary, Reading, ReviewAspect, ReviewStore

__all__ = [
    "Base",
    "CatalogState",
    "CatalogStore",
    "Customer",
    "CustomerStore",
    "EventStore",
    "Order",
    "OrderLine",
    "OrderStatus",
    "OrderStore",
    "ProductChange",
    "RatingSummary",
    "Reading",
    "ReviewAspect",
    "ReviewStore",
    "Selling",
    "Sessions",
    "UpsertCounts",
    "connect",
    "session_factory",
]
