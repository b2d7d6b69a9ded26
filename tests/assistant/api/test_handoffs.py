import pytest


def test_the_whole_way_to_a_person_and_back(talk, desks, engine):
    ann, bo = desks["ann"], desks["bo"]
    talk.say("my shoes are broken")
    asked = talk.post("handoff", {"reason": "broken shoes"})
    assert (asked.status_code, asked.json()["status"]) == (200, "waiting_for_agent")
    assert talk.post("handoff").json() == asked.json()
    (queued,) = ann.queue()
    assert (queued["reason"], queued["conversation_id"]) == ("broken shoes", talk.id)
    assert queued["waiting_s"] >= 0 and queued["sentiment"] < 0
    assert "broken shoes" in queued["summary"]["text"]["en"]

    waiting = talk.say("hello?").json()
    assert (waiting["status"], waiting["action"]) == ("waiting_for_agent", "handoff")
    assert ann.act(queued["id"], "claim").json()["agent"] == "ann"
    second = bo.act(queued["id"], "claim")
    assert (second.status_code, second.json()["code"]) == (409, "handoff_conflict")
    assert "ann" in second.json()["detail"]
    assert ann.queue() == [] and len(ann.queue("claimed")) == 1

    for call, body in (("messages", {"text": "me!"}), ("return", None), ("resolve", None)):
        assert bo.act(queued["id"], call, body).status_code == 409
    assert ann.act(queued["id"], "messages", {"text": "Ann here"}).status_code == 200
    assert bo.act(queued["id"], "note", {"text": "VIP"}).json()["notes"][0]["agent"] == "bo"
    assert talk.say("thanks").json()["reply"] == ""
    assert engine.calls == ["my shoes are broken"]

    read = talk.read()
    assert read["status"] == "with_agent"
    assert ("agent", "Ann here", "ann") in [
        (m["role"], m["text"], m["agent"]) for m in read["messages"]
    ]
    assert "VIP" not in str(read)

    assert ann.act(queued["id"], "return").json()["conversation_status"] == "bot"
    assert talk.say("and now?").json()["reply"] == "2: and now?"

    again = talk.post("handoff", {}).json()["handoff_id"]
    bo.act(again, "claim")
    resolved = bo.act(again, "resolve", {"outcome": "refunded"}).json()
    assert (resolved["status"], resolved["outcome"]) == ("resolved", "refunded")
    assert [h["id"] for h in ann.queue("resolved")] == [again]
    closed = talk.say("bye")
    assert (closed.status_code, closed.json()["code"]) == (409, "conversation_closed")


def test_agents_read_conversations_and_administrators_are_agents_too(talk, desks, http):
    for desk in desks.values():
        assert http.get(talk.path, headers=desk.headers).json()["conversation_id"] == talk.id
        assert desk.queue() == []
    unknown = http.get("/v1/conversations/c_none", headers=desks["ann"].headers)
    assert unknown.status_code == 404


def test_an_api_key_does_not_speak_for_the_shopper(talk, desks, http):
    answer = http.post(f"{talk.path}/messages", json={"text": "hi"}, headers=desks["admin"].headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("call", ["", "/h_1", "/h_1/suggestions"])
def test_reading_needs_a_key(http, talk, call):
    missing = http.get(f"/v1/handoffs{call}")
    assert (missing.status_code, missing.headers["WWW-Authenticate"]) == (401, "Bearer")
    wrong = http.get(f"/v1/handoffs{call}", headers=talk.bearer)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("call", ["claim", "messages", "note", "return", "resolve"])
def test_acting_needs_a_key_and_a_handoff(http, desks, call):
    body = {"text": "x"} if call in ("messages", "note") else None
    assert http.post(f"/v1/handoffs/h_1/{call}", json=body).status_code == 401
    unknown = desks["ann"].act("h_1", call, body)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "handoff_not_found")
    assert desks["ann"].act("h_1", call, {"text": "x", "more": 1}).status_code == 422


def test_people_who_share_a_key_are_told_apart_by_name(talk, http, desks):
    handoff_id = talk.post("handoff", {}).json()["handoff_id"]
    key = desks["shared"].headers["Authorization"]

    def act(call, name, body=None):
        headers = {"Authorization": key, "X-Agent": name}
        return http.post(f"/v1/handoffs/{handoff_id}/{call}", json=body, headers=headers)

    assert act("claim", "carla").json()["agent"] == "carla"
    assert act("messages", "dora", {"text": "hi"}).status_code == 409
    assert act("messages", "carla", {"text": "hi"}).status_code == 200
    assert act("messages", "ann", {"text": "hi"}).status_code == 403


def test_suggestions_come_later(talk, http, desks):
    handoff_id = talk.post("handoff", {}).json()["handoff_id"]
    answer = http.get(f"/v1/handoffs/{handoff_id}/suggestions", headers=desks["ann"].headers)
    assert (answer.status_code, answer.json()["code"]) == (501, "not_implemented")
