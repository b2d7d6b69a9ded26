from datetime import UTC, datetime, timedelta

import pytest

from retrieval.sponsored.campaign_store import Placed

NOW = datetime.now(UTC)


def draft(**values):
    given = {
        "name": "Spring",
        "advertiser": "Acme",
        "product_ids": ["p1"],
        "bid": 0.4,
        "budget": 20,
        "ends_at": (NOW + timedelta(days=5)).isoformat(),
        "targeting": {"keywords": ["dress", "裙"]},
    }
    return {**given, **values}


@pytest.fixture
def admin(desks):
    return desks["admin"].headers


def test_a_campaign_from_beginning_to_end(http, admin, shop):
    made = http.post("/v1/campaigns", json=draft(), headers=admin)
    assert made.status_code == 201, made.text
    path = f"/v1/campaigns/{made.json()['id']}"
    assert made.json()["state"] == "active" and made.json()["spent"] == 0
    shop.campaigns.place([Placed(made.json()["id"], "p1", 250_000)], "cust", NOW)
    click = {"type": "click", "customer_id": "cust", "product_id": "p1"}
    assert http.post("/v1/events", json=[click]).json()["accepted"] == 1
    held = http.get(path, headers=admin).json()
    assert (held["shown"], held["clicked"], held["spent"]) == (1, 1, 0.25)
    changed = http.put(path, json=draft(bid=0.1, state="paused"), headers=admin).json()
    assert (changed["bid"], changed["state"], changed["spent"]) == (0.1, "paused", 0.25)
    low = http.put(path, json=draft(bid=0.1, budget=0.2), headers=admin)
    assert (low.status_code, low.json()["errors"][0]["field"]) == (422, "budget")
    assert http.delete(path, headers=admin).json()["state"] == "ended"
    listed = http.get("/v1/campaigns", headers=admin).json()["campaigns"]
    assert [one["state"] for one in listed] == ["ended"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"product_ids": ["p1", "gone"]}, "product_ids[1]"),
        ({"bid": 50}, ""),
        ({"bid": "much"}, "bid"),
        ({"colour": "red"}, "colour"),
        ({"targeting": {"ages": []}}, "targeting.ages"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, ""),
        ({"ends_at": "2030-01-01T00:00:00"}, "ends_at"),
    ],
)
def test_what_makes_no_sense_is_named(http, admin, wrong, field):
    answer = http.post("/v1/campaigns", json=draft(**wrong), headers=admin)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in (field, "body")


def test_only_admins_may(http, desks):
    assert http.get("/v1/campaigns").status_code == 401
    assert http.get("/v1/campaigns", headers=desks["ann"].headers).status_code == 403
    gone = http.get("/v1/campaigns/gone", headers=desks["admin"].headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "campaign_not_found")
