import json
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.api.stream import pieces, wants_stream

STREAM = {"Accept": "text/event-stream"}


def events_of(text: str) -> list[tuple[str, object]]:
    """The named events of a stream; comments are passed over."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.split("\n") if line[:1] not in ("", ":")
        )
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_streamed_turn_is_the_turn(talk, engine):
    engine.shows = ["p1"]
    answer = talk.say("a red dress 红色 连衣裙很好看的那种", **STREAM)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    events = events_of(answer.text)
    assert [name for name, _ in groupby(name for name, _ in events)] == [
        "state",
        "products",
        "text",
        "done",
    ]
    whole = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "text") == whole["reply"]
    assert events[1][1] == whole["products"]
    assert events[0][1]["constraints"] == whole["constraints"]
    assert talk.read()["messages"][-1]["turn"] == whole


def test_a_retry_may_stream_what_was_not_streamed_first(talk):
    key = {"Idempotency-Key": "k"}
    first = talk.say("hi", **key).json()
    assert events_of(talk.say("hi", **key, **STREAM).text)[-1] == ("done", first)


def test_what_is_wrong_with_the_request_is_an_answer_not_an_event(talk):
    assert talk.say(" ", **STREAM).status_code == 422
    assert (
        talk.http.post(f"{talk.path}/messages", json={"text": "a"}, headers=STREAM).status_code
        == 401
    )


def test_what_goes_wrong_on_the_way_is_an_event(talk, engine):
    def fail(text):
        raise RuntimeError("secret")

    engine.before_answer = fail
    answer = talk.say("hi", **STREAM)
    ((name, problem),) = events_of(answer.text)
    assert (name, problem["code"], problem["status"]) == ("error", "internal_error", 500)
    assert "secret" not in answer.text


@given(st.text())
def test_pieces_join_to_the_text(text):
    assert "".join(pieces(text)) == text


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [("text/event-stream", True), ("*/*", False), (None, False), ("Text/Event-Stream;q=1", True)],
)
def test_who_wants_a_stream(accept, wanted):
    assert wants_stream(accept) is wanted
