from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from assistant.dialogue.outcome import Owner

PROBLEM = "application/problem+json"


def test_opening_greets_in_the_language_asked_for(caller, http):
    zh = caller.open(locale="zh", channel="widget").opened
    assert (zh["greeting"], zh["locale"]) == ("你好", "zh")
    assert caller.open().opened["locale"] == "en"
    auto = http.post(
        "/v1/conversations",
        json={"locale": "auto"},
        headers={"Accept-Language": "fr, zh-TW;q=0.9, en;q=0.5"},
    )
    assert auto.json()["locale"] == "zh"


def test_a_turn_and_the_transcript_agree(talk):
    turn = talk.say("  a red dress\u0007 ").json()
    assert turn["reply"] == "1: a red dress"
    assert (turn["status"], turn["conversation_id"]) == ("bot", talk.id)
    read = talk.read()
    assert (read["status"], read["customer_id"], read["channel"]) == ("bot", "cust", "web")
    assert [(m["role"], m["text"]) for m in read["messages"]] == [
        ("assistant", "Hello"),
        ("shopper", "a red dress"),
        ("assistant", "1: a red dress"),
    ]
    assert read["messages"][2]["turn"] == turn
    assert read["messages"][1]["turn"] is None
    assert read["constraints"] == turn["constraints"]


def test_the_cart_shows_todays_prices(talk, shop):
    owner = Owner(talk.id, "cust")
    shop.rooms.carts.add(owner, "p1", "p1-M", 2)
    shop.rooms.carts.add(owner, "gone", "gone")
    assert talk.read()["cart"] == [
        {
            "product_id": "p1",
            "sku": "p1-M",
            "title": "Linen dress",
            "quantity": 2,
            "price": 40.0,
            "currency": "USD",
        }
    ]


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("messages", {"text": "hi"}),
        ("handoff", {}),
        ("feedback", {"turn_id": "t", "value": "up"}),
        ("", None),
        ("events", None),
    ],
)
def test_every_call_needs_this_conversations_token(http, talk, caller, call, body):
    def ask(path, headers):
        if body is None:
            return http.get(path, headers=headers)
        return http.post(path, json=body, headers=headers)

    path = f"{talk.path}/{call}".rstrip("/")
    missing = ask(path, {})
    assert missing.status_code == 401
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    assert missing.json()["code"] == "unauthorized"
    wrong = ask(path, caller.open().bearer)
    unknown = ask(path.replace(talk.id, "c_unknown"), talk.bearer)
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.json() == unknown.json()
    assert len(talk.read()["messages"]) == 1


@pytest.mark.parametrize(
    ("text", "field"),
    [("", "text"), (" \n\t ", "text"), ("\u200b\u3000", "text"), ("x" * 2001, "text"), (7, "text")],
)
def test_texts_that_are_none(talk, text, field):
    answer = talk.post("messages", {"text": text})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == PROBLEM
    assert [e["field"] for e in answer.json()["errors"]] == [field]


def test_texts_of_all_sorts(talk):
    for text in (
        "x" * 2000,
        " " + "长" * 2000 + " ",
        "a\r\nb",
        "<script>alert(1)</script>",
        "🙂",
        "0",
    ):
        answer = talk.say(text)
        assert answer.status_code == 200
        assert answer.json()["reply"].endswith(text.strip().replace("\r\n", "\n"))


def test_a_key_repeats_the_first_answer_and_refuses_another_text(talk, engine):
    barrier = Barrier(4)

    def send(_):
        barrier.wait()
        return talk.say("once", **{"Idempotency-Key": "k-1"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.text for a in answers}) == 1
    assert engine.calls == ["once"]
    other = talk.say("twice", **{"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert talk.say("x", **{"Idempotency-Key": "k" * 201}).status_code == 422


def test_feedback(talk):
    turn_id = talk.say("hi").json()["turn_id"]
    good = talk.post("feedback", {"turn_id": turn_id, "value": "up", "comment": "nice"})
    assert (good.status_code, good.content) == (204, b"")
    unknown = talk.post("feedback", {"turn_id": "t_none", "value": "up"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "turn_not_found")
    assert talk.post("feedback", {"turn_id": turn_id, "value": "meh"}).status_code == 422


def test_what_was_shown_is_recorded_for_the_ranking(caller, shop, engine):
    engine.shows = ["p/2", "p1"]
    turn = caller.open(customer_id="cust").say("dress").json()
    guest = caller.open()
    guest.say("dress")
    events = shop.events.export("cust")
    assert [(e.type, e.product_id, e.position, e.turn_id) for e in events] == [
        ("impression", "p/2", 0, turn["turn_id"]),
        ("impression", "p1", 1, turn["turn_id"]),
    ]
    # Of who is not signed in the conversation is all that is known.
    assert [e.product_id for e in shop.events.export(guest.id)] == ["p/2", "p1"]
    assert shop.events.count() == 4


def test_a_failure_is_a_problem_without_a_trace_and_can_be_retried(talk, engine):
    def fail(text):
        raise RuntimeError("secret detail")

    engine.before_answer = fail
    answer = talk.say("a", **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["Content-Type"] == PROBLEM
    assert "secret" not in answer.text and "Traceback" not in answer.text
    engine.before_answer = lambda text: None
    assert talk.say("a", **{"Idempotency-Key": "k"}).json()["reply"] == "1: a"
