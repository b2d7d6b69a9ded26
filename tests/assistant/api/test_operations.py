import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError


def test_connections_are_answered_while_the_shop_loads(app, shop):
    shop.gate.clear()
    with TestClient(app) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        loading = client.get("/readyz")
        assert (loading.status_code, loading.json()["code"]) == (503, "not_ready")
        assert "models: loading" in loading.json()["detail"]
        assert loading.headers["Retry-After"]
        early = client.post("/v1/conversations", json={})
        assert (early.status_code, early.json()["code"]) == (503, "not_ready")
        assert 'shopkeeper_ready{component="models"} 0.0' in client.get("/metrics").text
        shop.gate.set()
        app.state.loading.wait(20)
        assert client.get("/readyz").json() == {
            "status": "ready",
            "components": {"models": "usable", "store": "usable"},
        }
        assert client.post("/v1/conversations", json={}).status_code == 201


def test_a_shop_that_cannot_load_says_so_without_its_secrets(app, shop):
    shop.fails = True
    with TestClient(app) as client:
        app.state.loading.wait(20)
        for path in ("/readyz", "/v1/products/p1"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "secret" not in answer.text
        assert client.get("/healthz").status_code == 200


def test_a_database_that_went_away(http, shop, monkeypatch):
    def gone(*arguments):
        raise OperationalError("select", {}, Exception("no route to host"))

    monkeypatch.setattr(shop.catalog, "revision", gone)
    monkeypatch.setattr(shop.catalog, "get", gone)
    assert "store" in http.get("/readyz").json()["detail"]
    answer = http.get("/v1/products/p1")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "route to host" not in answer.text


def test_metrics_count(http, talk):
    talk.say("a dress")
    talk.post("handoff", {})
    http.get("/v1/nowhere/1")
    text = http.get("/metrics").text
    for line in (
        'shopkeeper_turns_total{action="chat",intent="search",language="en"} 1.0',
        "shopkeeper_turn_seconds_count 1.0",
        'shopkeeper_handoffs_total{step="asked"} 1.0',
        "shopkeeper_handoffs_waiting 1.0",
        "shopkeeper_index_revision ",
        'shopkeeper_cache_requests_total{cache="answers",result="hit"} 0.0',
        'shopkeeper_cache_entries{cache="answers"} 0.0',
        'shopkeeper_http_requests_total{method="POST",'
        'route="/v1/conversations/{conversation_id}/messages",status="200"} 1.0',
    ):
        assert line in text
    assert talk.id not in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/catalog/import"),
        ("GET", "/v1/catalog/jobs/1"),
    ],
)
def test_what_comes_later_says_so(http, desks, method, path):
    assert http.request(method, path).status_code == 401
    assert http.request(method, path, headers=desks["ann"].headers).status_code == 403
    later = http.request(method, path, headers=desks["admin"].headers)
    assert (later.status_code, later.json()["code"]) == (501, "not_implemented")
