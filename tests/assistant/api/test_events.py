def click(**more):
    return {"type": "click", "customer_id": "cust", "product_id": "p1", **more}


def test_good_events_are_kept_and_bad_ones_told_by_place(http, shop):
    answer = http.post(
        "/v1/events",
        json=[click(), click(type="look"), click(product_id="none"), click(position=-1)],
    )
    assert answer.status_code == 202
    taken = answer.json()
    assert taken["accepted"] == 1
    assert [(r["index"], r["field"]) for r in taken["rejected"]] == [
        (1, "type"),
        (2, "product_id"),
        (3, "position"),
    ]
    assert len(shop.events.export("cust")) == 1


def test_it_takes_a_list_of_at_most_a_thousand(http):
    assert http.post("/v1/events", json=[]).json() == {"accepted": 0, "rejected": []}
    assert http.post("/v1/events", json=click()).status_code == 422
    assert http.post("/v1/events", json=[1]).status_code == 422
    assert http.post("/v1/events", json=[{}] * 1001).status_code == 422
