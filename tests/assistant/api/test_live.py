"""Live events: over a real server, and over the application itself."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import httpx
import pytest
import uvicorn

from assistant.conversation.feed import ConversationFeed

ANN = "ann-key"


@pytest.fixture
def live(app) -> Iterator[httpx.Client]:
    """A client of the application on a real server."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    host, port = listening.getsockname()
    with httpx.Client(base_url=f"http://{host}:{port}", timeout=20) as client:
        while not server.started:
            time.sleep(0.01)
        app.state.loading.wait(20)
        yield client
    server.should_exit = True
    thread.join()
    listening.close()


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, object], str | None]]:
    """Name, data and id of the events in a stream."""
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields["event"], json.loads(fields["data"]), fields.get("id")
            fields = {}


@contextmanager
def listening(client: httpx.Client, talk, **headers: str) -> Iterator[Callable[[], tuple]]:
    """Follows a conversation; what it yields gives the next event, with the moment it came."""
    heard: Queue = Queue()
    opened = threading.Event()
    with client.stream(
        "GET", f"{talk.path}/events", headers={**talk.bearer, **headers}
    ) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")

        def listen() -> None:
            opened.set()
            try:
                for event in events(response.iter_lines()):
                    heard.put((time.monotonic(), *event))
            except (httpx.StreamClosed, httpx.ReadError):
                pass
            heard.put(None)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        assert opened.wait(5)
        yield lambda: heard.get(timeout=5)


def test_an_agents_message_is_heard_within_a_second(live, open_talk, open_desk):
    talk, ann = open_talk(live), open_desk(live, ANN)
    with listening(live, talk) as hear:
        assert hear()[1:3] == ("status", {"status": "bot"})
        handoff_id = talk.post("handoff", {}).json()["handoff_id"]
        assert hear()[2]["status"] == "waiting_for_agent"
        ann.act(handoff_id, "claim")
        assert hear()[2]["status"] == "with_agent"
        sent = time.monotonic()
        ann.act(handoff_id, "messages", {"text": "Hello from Ann"})
        heard, name, data, number = hear()
        assert heard - sent < 1
        assert (name, data["role"], data["text"]) == ("message", "agent", "Hello from Ann")
        assert talk.say("a question").json()["reply"] == ""
        ann.act(handoff_id, "resolve")
        _, name, data, last = hear()
        assert (name, data["status"]) == ("status", "closed")
        assert int(last) > int(number)
        assert hear() is None  # a closed conversation has no more news


def test_a_listener_resumes_after_the_last_event(live, open_talk, open_desk):
    talk, ann = open_talk(live), open_desk(live, ANN)
    handoff_id = talk.post("handoff", {}).json()["handoff_id"]
    ann.act(handoff_id, "claim")
    for text in ("one", "two"):
        ann.act(handoff_id, "messages", {"text": text})
    with listening(live, talk, **{"Last-Event-ID": "4"}) as hear:
        hear()
        assert hear()[2]["text"] == "two"
    wrong = live.get(f"{talk.path}/events", headers={**talk.bearer, "Last-Event-ID": "x"})
    assert wrong.status_code == 422


def test_an_agent_hears_the_shopper(live, open_talk, open_desk):
    talk, ann = open_talk(live), open_desk(live, ANN)
    handoff_id = talk.post("handoff", {}).json()["handoff_id"]
    ann.act(handoff_id, "claim")
    with listening(live, talk, Authorization=f"Bearer {ANN}") as hear:
        hear()
        talk.say("my question")
        assert hear()[2]["text"] == "my question"


def test_many_listeners_leave_room_for_calls_and_leave_nothing_behind(live, app, open_talk):
    talk = open_talk(live)
    with httpx.Client(
        base_url=live.base_url, timeout=20, limits=httpx.Limits(max_connections=80)
    ) as crowd:
        streams = [
            crowd.stream("GET", f"{talk.path}/events", headers=talk.bearer) for _ in range(60)
        ]
        for stream in streams:
            assert stream.__enter__().status_code == 200
        assert talk.say("hello").json()["reply"] == "1: hello"
        for stream in streams:
            stream.__exit__(None, None, None)
    feed: ConversationFeed = app.state.feed
    deadline = time.monotonic() + 5
    while feed.listened_to and time.monotonic() < deadline:
        time.sleep(0.05)
    assert feed.listened_to == 0


def test_a_turn_streams_over_the_network(live, open_talk):
    talk = open_talk(live)
    names = []
    with live.stream(
        "POST",
        f"{talk.path}/messages",
        json={"text": "a red dress"},
        headers={**talk.bearer, "Accept": "text/event-stream"},
    ) as response:
        names = [name for name, _, _ in events(response.iter_lines())]
    assert names[:2] == ["state", "products"] and names[-1] == "done"


def test_a_closed_conversation_tells_its_end_and_ends(talk, desks, http):
    handoff_id = talk.post("handoff", {}).json()["handoff_id"]
    desks["ann"].act(handoff_id, "claim")
    desks["ann"].act(handoff_id, "resolve")
    answer = http.get(f"{talk.path}/events", headers={**talk.bearer, "Last-Event-ID": "0"})
    heard = [(name, data["status"]) for name, data, _ in events(iter(answer.text.split("\n")))]
    assert heard == [
        ("status", "closed"),
        ("status", "waiting_for_agent"),
        ("status", "with_agent"),
        ("status", "closed"),
    ]
    # Resuming after the end is an end too, not a wait for ever.
    again = http.get(f"{talk.path}/events", headers={**talk.bearer, "Last-Event-ID": "4"})
    assert again.text.count("event: status") == 1
