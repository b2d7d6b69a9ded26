"""Puts the demo store into SQL."""

from retrieval.demo.generator import DemoStore, Progress
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.order_store import OrderStore
from retrieval.store.review_store import ReviewStore


def load_demo(
    sessions: Sessions, store: DemoStore, progress: Progress = lambda step: None
) -> dict[str, int]:
    """Write ``store``; how many of each are in it.

    The catalogue becomes the demo store's: products of another one are removed. Behaviour is
    written only where there is none yet, since events have no id to recognise them by.
    """
    catalog, events = CatalogStore(sessions), EventStore(sessions)
    progress("writing products")
    catalog.upsert_many(store.products)
    catalog.remove_missing({product.id for product in store.products})
    progress("writing customers")
    CustomerStore(sessions).upsert_many(store.customers)
    progress("writing reviews")
    ReviewStore(sessions).upsert_many(store.reviews)
    progress("writing orders")
    OrderStore(sessions).upsert_many(store.orders)
    if not events.last_sequence():
        progress("writing behaviour")
        events.append_many(store.events)
    # Last, so that a load broken off is not taken for a whole one.
    catalog.describe(currency="USD", is_demo=True)
    return {
        "products": len(store.products),
        "customers": len(store.customers),
        "reviews": len(store.reviews),
        "orders": len(store.orders),
        "events": len(store.events),
    }
