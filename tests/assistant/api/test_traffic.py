"""Funnel, experiments, exposure and refused events over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from retrieval.events.event import Event, EventType
from retrieval.ranking.shadow import Scored, ShadowList

NOW = datetime.now(UTC)
ARMS = [{"name": "now", "ranker": "live"}, {"name": "plain", "ranker": "fixed"}]


@pytest.fixture
def admin(desks):
    return desks["admin"].headers


@pytest.fixture
def get(http, admin):
    def read(path, **parameters):
        answer = http.get(path, params=parameters, headers=admin)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


def happened(shop, *lines):
    """``(type, customer, product, days ago)``."""
    shop.events.append_many(
        Event(
            type=EventType(kind),
            customer_id=who,
            product_id=what,
            at=datetime.now(UTC) - timedelta(days=ago),
            position=0 if kind == "impression" else None,
        )
        for kind, who, what, ago in lines
    )


def test_the_funnel_counts_by_time(shop, get, http, admin):
    shown = [("impression", f"c{n}", "p1", n % 2 * 40) for n in range(10)]
    happened(shop, *shown, ("click", "c0", "p1", 0), ("click", "c1", "p1", 40))
    happened(shop, ("add_to_cart", "c0", "p1", 0), ("purchase", "c0", "p1", 0))
    found = get("/v1/insights/funnel", bucket="day")["funnels"]
    assert len(found) == 1
    whole = found[0]
    assert [whole[k] for k in ("impressions", "clicks", "carts", "purchases")] == [10, 2, 1, 1]
    assert whole["customers"]["impression"] == 10
    assert [step["impressions"] for step in whole["steps"]] == [5, 5]
    low, high = whole["click_rate"]["interval"]
    assert low < whole["click_rate"]["value"] == 0.2 < high
    late = get("/v1/insights/funnel", since=(NOW - timedelta(days=3)).date().isoformat())
    assert late["funnels"][0]["impressions"] == 5
    same = {"since": "2026-01-01", "until": "2026-01-01"}
    assert http.get("/v1/insights/funnel", params=same, headers=admin).status_code == 422
    gone = http.get("/v1/insights/funnel?experiment_id=gone", headers=admin)
    assert gone.json()["code"] == "experiment_not_found"


def test_an_experiment_from_beginning_to_end(shop, get, http, admin):
    body = {"name": "Plain ranking", "kind": "ab", "arms": ARMS}
    made = http.post("/v1/experiments", json=body, headers=admin)
    assert made.status_code == 201, made.text
    key = made.json()["experiment"]["id"]
    again = http.post("/v1/experiments", json=body, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "experiment_conflict")
    experiment = shop.experiments.get(key)
    customers = [f"c{n}" for n in range(200)]
    # Those in the second arm click, the others never do.
    for who in customers:
        happened(shop, *[("impression", who, "p1", 0)] * 2)
        if experiment.arm_of(who).name == "plain":
            happened(shop, ("click", who, "p1", 0), ("purchase", who, "p1", 0))
    found = get("/v1/insights/experiments")
    assert found["rankers"][:2] == ["live", "fixed"]
    (one,) = found["experiments"]
    now, plain = one["arms"]
    assert now["customers"] + plain["customers"] == 200
    assert 60 < plain["customers"] < 140
    assert (now["clicks"], plain["click_rate"]["value"]) == (0, 0.5)
    assert one["comparison"]["decided"] is True
    assert one["comparison"]["click_rate"]["interval"][0] > 0
    assert one["comparison"]["split_p"] > 0.001
    funnels = get("/v1/insights/funnel", experiment_id=key)["funnels"]
    assert {f["arm"]: f["clicks"] for f in funnels} == {"now": 0, "plain": plain["customers"]}
    stopped = http.post(f"/v1/experiments/{key}/stop", headers=admin).json()
    assert stopped["experiment"]["state"] == "stopped"
    assert http.post("/v1/experiments", json=body, headers=admin).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arms": ARMS[:1]}, "arms"),
        ({"arms": [ARMS[0], ARMS[0]]}, ""),
        ({"arms": [ARMS[0], {**ARMS[1], "share": 0.2}]}, ""),
        ({"arms": [ARMS[0], {**ARMS[1], "ranker": "../../etc"}]}, "arms[1].ranker"),
        ({"arms": [ARMS[0], {**ARMS[1], "ranker": "v9"}]}, "arms[1].ranker"),
        ({"kind": "abc"}, "kind"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_experiment_that_makes_no_sense_is_refused(http, admin, wrong, field):
    body = {"name": "x", "kind": "ab", "arms": ARMS, **wrong}
    answer = http.post("/v1/experiments", json=body, headers=admin)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in (field, "body")


def test_who_is_never_shown_is_told(shop, get):
    happened(shop, *[("impression", "c", "p1", 0)] * 3)
    found = get("/v1/insights/fairness", by="brand")
    groups = {g["key"]: g for g in found["groups"]}
    assert groups["Acme"]["exposure_share"] == 1 and groups["Acme"]["ratio"] == 2
    assert (groups[""]["never_shown"], found["never_shown"], found["products"]) == (1, 1, 2)
    assert found["gini"] == 0.5
    for by in ("seller", "price_band"):
        shares = [g["exposure_share"] for g in get("/v1/insights/fairness", by=by)["groups"]]
        assert sum(shares) == pytest.approx(1)


def test_refused_events_are_counted_by_reason(http, get):
    click = {"type": "click", "customer_id": "bot", "product_id": "p1"}
    ago = [NOW - timedelta(seconds=5 * n) for n in range(30)]
    posted = [{**click, "at": at.isoformat()} for at in ago]
    taken = http.post("/v1/events", json=[*posted, {**click, "product_id": "gone"}]).json()
    assert taken["accepted"] == taken["unknown_customers"] == 20
    assert taken["reasons"] == {"flood": 10, "unknown_product": 1}
    report = get("/v1/insights/events", days=2)
    assert report["accepted"] == {"click": 20}
    assert report["rejected"] == {"flood": 10, "unknown_product": 1}
    metrics = http.get("/metrics").text
    assert 'shopkeeper_events_rejected_total{reason="flood"} 10.0' in metrics
    assert "shopkeeper_events_of_strangers_total 20.0" in metrics


def test_a_shadow_is_reported(shop, get):
    assert get("/v1/insights/shadow") == {"running": None, "left_out": 0, "shadows": []}
    shown = tuple(Scored(f"p{n}", 0.9 - n / 10, float(n), 1.0) for n in (1, 2))
    ago = NOW - timedelta(minutes=5)
    shop.shadows.add([ShadowList("v2", "c1", ago, -1.0, False, 1.0, shown)])
    happened(shop, ("click", "c1", "p2", 0))
    (told,) = get("/v1/insights/shadow")["shadows"]
    assert (told["version"], told["lists"], told["clicked"]) == ("v2", 1, 1)
    assert told["ndcg_shadow"] == 1 and told["gain"]["value"] > 0.3 and not told["running"]


@pytest.mark.parametrize("name", ["funnel", "experiments", "shadow", "fairness", "events"])
def test_only_admins_may(http, desks, name):
    path = f"/v1/insights/{name}"
    assert http.get(path).status_code == 401
    assert http.get(path, headers=desks["ann"].headers).status_code == 403


def test_the_switch_of_personalisation(http, desks, talk, caller):
    admin = desks["admin"].headers
    path = "/v1/customers/cust/personalisation"
    assert http.get(path, headers=admin).json()["on"] is True
    off = http.put(path, json={"on": False}, headers=admin).json()
    assert off["on"] is False and "switched off" in off["why"]
    own = http.put(
        f"/v1/conversations/{talk.id}/personalisation", json={"on": True}, headers=talk.bearer
    )
    assert own.json()["on"] is True
    assert http.put(path, json={"on": "perhaps"}, headers=admin).status_code == 422
    assert http.put(path, json={"on": True, "x": 1}, headers=admin).status_code == 422
    assert http.put(path, json={"on": True}).status_code == 401
    guest = caller.open()
    answer = http.put(
        f"/v1/conversations/{guest.id}/personalisation", json={"on": True}, headers=guest.bearer
    )
    assert answer.status_code == 422
