from datetime import UTC, datetime, timedelta

import pytest

from retrieval.store import Order, OrderLine, OrderStatus, OrderStore, Sessions, UpsertCounts

START = datetime(2026, 5, 1, tzinfo=UTC)


def order(number: int, customer: str = "c1", **fields: object) -> Order:
    lines = [
        OrderLine(product_id="p2", sku="b", title="Lamp", quantity=2, unit_price=4.25),
        OrderLine(product_id="p1", sku="a", title="Coat", unit_price=10),
    ]
    values: dict[str, object] = {
        "id": f"o{number}",
        "customer_id": customer,
        "status": "pending",
        "placed_at": START + timedelta(days=number),
        "lines": lines,
        "attributes": {"tracking": ["x"]},
    }
    return Order.model_validate(values | fields)


@pytest.fixture
def orders(sessions: Sessions) -> OrderStore:
    return OrderStore(sessions)


def test_orders_come_back_as_they_went_in(orders: OrderStore) -> None:
    written = [order(1), order(2), order(3, customer="c2", lines=[])]
    assert orders.upsert_many(written) == UpsertCounts(created=3)
    assert orders.upsert_many(written) == UpsertCounts(unchanged=3)
    assert orders.get("o1") == written[0]
    assert orders.get("o3") == written[2]
    assert orders.get("none") is None
    assert orders.count() == 3
    assert written[0].total == 18.5


def test_a_customers_orders_come_newest_first(orders: OrderStore) -> None:
    orders.upsert_many([order(1), order(3), order(2), order(4, customer="c2")])
    assert [o.id for o in orders.by_customer("c1", limit=2)] == ["o3", "o2"]


@pytest.mark.parametrize("fields", [{"status": "shipped"}, {"lines": []}])
def test_a_changed_order_is_overwritten(orders: OrderStore, fields: dict[str, object]) -> None:
    orders.upsert_many([order(1), order(2)])
    after = order(1, "c1", **fields)
    assert orders.upsert_many([after, order(2)]) == UpsertCounts(updated=1, unchanged=1)
    assert orders.get("o1") == after


def test_the_status_comes_back_as_one(orders: OrderStore) -> None:
    orders.upsert_many([order(1, status=OrderStatus.RETURN_REQUESTED)])
    [found] = orders.by_customer("c1")
    assert found.status is OrderStatus.RETURN_REQUESTED


def test_erasing_a_customer_takes_their_orders(orders: OrderStore) -> None:
    orders.upsert_many([order(1), order(2), order(3, customer="c2")])
    assert orders.erase("c1") == 2
    assert orders.by_customer("c1") == []
    assert orders.get("o3") == order(3, customer="c2")
