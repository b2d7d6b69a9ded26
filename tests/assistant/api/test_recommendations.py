"""Recommendations over HTTP, on the demo store."""

import pytest
from fastapi.testclient import TestClient

from assistant.api.app import create_app


@pytest.fixture(scope="module")
def store(demo_shop):
    """A client of the demo store; the shop stays open for others."""
    app = create_app(demo_shop)
    app.state.loading.start()
    app.state.loading.wait(60)
    return TestClient(app)


def rows_of(store, **parameters):
    answer = store.get("/v1/recommendations", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_rows_of_a_known_customer(store, demo_shop, locale):
    busy = demo_shop.customers.page(1)[0].id
    home = rows_of(store, customer_id=busy, limit=4, locale=locale)
    assert home["personalised"]["on"] is True
    kinds = [row["kind"] for row in home["rows"]]
    assert kinds[0] == "for_you" and {"because_you_viewed", "popular_now"} <= set(kinds)
    ids = [p["id"] for row in home["rows"] for p in row["products"]]
    assert len(ids) == len(set(ids))
    for row in home["rows"]:
        assert 1 <= len(row["products"]) <= 4
        assert all(p["reasons"] and p["in_stock"] for p in row["products"])
        assert "{" not in row["title"] + row["products"][0]["reasons"][0]["text"]
    because = next(row for row in home["rows"] if row["kind"] == "because_you_viewed")
    assert because["because"]["title"] in because["title"]


def test_a_guest_gets_what_is_popular(store):
    home = rows_of(store)
    assert home["personalised"]["on"] is False
    popular = next(row for row in home["rows"] if row["kind"] == "popular_now")
    assert {r["kind"] for p in popular["products"] for r in p["reasons"]} & {"popular", "reviews"}


def test_beside_a_product_and_a_cart(store, demo_shop):
    ids = [p.id for p in demo_shop.catalog.scan()][:400:100]
    for path in (f"/v1/products/{ids[0]}/similar", f"/v1/products/{ids[0]}/goes-with"):
        answer = store.get(path, params={"limit": 3}).json()
        assert ids[0] not in {p["id"] for p in answer["products"]}
        assert all(p["reasons"] for p in answer["products"])
    assert store.get(f"/v1/products/{ids[0]}").json()["id"] == ids[0]
    cart = store.get("/v1/recommendations/cart", params={"product_id": ids}).json()
    assert not {p["id"] for p in cart["products"]} & set(ids)


def test_what_is_wrong_is_told(store):
    for path in ("/v1/products/gone/similar", "/v1/recommendations/cart?product_id=gone"):
        answer = store.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    for query in ("limit=0", "locale=de", "colour=red"):
        assert store.get(f"/v1/recommendations?{query}").status_code == 422
    assert store.get("/v1/recommendations/cart").status_code == 422
