from datetime import UTC, datetime

import pytest

from assistant.dialogue.outcome import Owner
from retrieval.reviews.review import Review
from retrieval.store.customer import Customer
from retrieval.store.order import Order, OrderLine


@pytest.fixture
def known(shop, talk, desks):
    """A customer of whom every store knows something."""
    turn_id = talk.say("my secret wish").json()["turn_id"]
    talk.post("feedback", {"turn_id": turn_id, "value": "up"})
    talk.post("handoff", {"reason": "r"})
    shop.rooms.carts.add(Owner(talk.id, "cust"), "p1", "p1-M")
    shop.customers.upsert_many([Customer(id="cust", name="Cy"), Customer(id="other")])
    line = OrderLine(product_id="p1", sku="p1-M", title="Linen dress", unit_price=40)
    now = datetime.now(UTC)
    shop.orders.upsert_many(
        [Order(id="o1", customer_id="cust", status="shipped", placed_at=now, lines=[line])]
    )
    shop.reviews.upsert_many(
        [Review(id="r1", product_id="p1", customer_id="cust", rating=5, text="Lovely", at=now)]
    )
    event = {"type": "click", "customer_id": "cust", "product_id": "p1"}
    assert talk.http.post("/v1/events", json=[event]).json()["accepted"] == 1
    return "cust"


def test_export_has_everything(http, known, desks):
    held = http.get("/v1/customers/cust/export", headers=desks["admin"].headers).json()
    assert held["customer"]["name"] == "Cy"
    counts = {name: len(value) for name, value in held.items() if isinstance(value, list)}
    assert counts == dict.fromkeys(counts, 1)
    assert set(counts) == {
        "events",
        "orders",
        "reviews",
        "conversations",
        "feedback",
        "handoffs",
        "cart",
    }
    assert "my secret wish" in str(held["conversations"])
    assert "token" not in str(held)


def test_erase_really_erases(http, known, desks, talk, shop):
    admin = desks["admin"].headers
    profiles = shop.rooms.finder.profiles
    assert profiles.get("cust").actions
    erased = http.delete("/v1/customers/cust", headers=admin).json()["erased"]
    assert set(erased.values()) == {1}
    assert talk.say("still there?").status_code == 404
    assert http.get("/v1/customers/cust/export", headers=admin).status_code == 404
    assert http.delete("/v1/customers/cust", headers=admin).json()["code"] == "customer_not_found"
    assert desks["ann"].queue() == []
    assert not profiles.get("cust").actions
    assert shop.rooms.carts.lines(Owner("x", "cust")) == []
    (review,) = shop.reviews.for_product("p1")
    assert (review.customer_id, review.text) == (None, "Lovely")
    assert http.get("/v1/customers/other/export", headers=admin).status_code == 200


def test_only_administrators_may(http, known, desks):
    for call in (http.get, http.delete):
        path = "/v1/customers/cust" + ("/export" if call == http.get else "")
        assert call(path).status_code == 401
        assert call(path, headers=desks["ann"].headers).status_code == 403
        assert call(path, headers={"Authorization": "Bearer nope"}).status_code == 403
