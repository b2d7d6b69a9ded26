"""Orders of the demo store, made from the purchases among its events."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from retrieval.catalog.product import Product
from retrieval.demo.behaviour import KINDS, EventTable
from retrieval.demo.dice import dice
from retrieval.demo.shoppers import shoppers
from retrieval.events.event import EventType
from retrieval.store.customer import Customer
from retrieval.store.order import Order, OrderLine, OrderStatus


def make_orders(
    events: EventTable, products: Sequence[Product], customers: Sequence[Customer], seed: int
) -> list[Order]:
    """One order per customer and day of purchases, oldest first."""
    baskets: dict[tuple[int, int], list[int]] = {}
    for row in (events.kind == KINDS.index(EventType.PURCHASE)).nonzero()[0].tolist():
        day = int(events.seconds[row]) // 86_400
        baskets.setdefault((int(events.customer[row]), day), []).append(row)
    orders = []
    by_time = sorted(baskets.items(), key=lambda basket: -int(events.seconds[basket[1][0]]))
    for number, ((customer, _), rows) in enumerate(by_time, start=1):
        identifier = f"O{number:05d}"
        rng = dice(seed, "order", identifier)
        age = int(events.seconds[rows[-1]])
        status = _status(age / 86_400, rng)
        placed = events.end - timedelta(seconds=age)
        attributes: dict[str, str] = {
            "city": str(customers[customer].attributes["city"]),
            "payment": rng.choice(("card", "gift_card", "wallet")),
        }
        if status not in (OrderStatus.PROCESSING, OrderStatus.CANCELLED):
            shipped = placed + timedelta(hours=rng.randint(8, 23))
            attributes |= {
                "carrier": rng.choice(shoppers().carriers),
                "tracking_number": f"{rng.choice('KPST')}{rng.randrange(10**10):010d}",
                "shipped_at": shipped.isoformat(timespec="minutes"),
            }
            arrival = "expected_at" if status == OrderStatus.SHIPPED else "delivered_at"
            transit = timedelta(days=rng.randint(2, 4), hours=rng.randint(0, 9))
            attributes[arrival] = (shipped + transit).isoformat(timespec="minutes")
        orders.append(
            Order(
                id=identifier,
                customer_id=customers[customer].id,
                status=status,
                placed_at=placed,
                lines=[_line(products[int(events.product[row])], rng) for row in rows],
                attributes=attributes,
            )
        )
    return orders


def _status(days: float, rng: Random) -> OrderStatus:
    if rng.random() < 0.02:
        return OrderStatus.CANCELLED
    if days < 1:
        return OrderStatus.PROCESSING
    if days < 6:
        return OrderStatus.SHIPPED
    return OrderStatus.RETURNED if rng.random() < 0.06 else OrderStatus.DELIVERED


def _line(product: Product, rng: Random) -> OrderLine:
    variant = rng.choice([variant for variant in product.variants if variant.in_stock])
    return OrderLine(
        product_id=product.id,
        sku=variant.sku,
        title=product.title,
        quantity=2 if variant.price < 30 and rng.random() < 0.15 else 1,
        unit_price=variant.price,
    )
