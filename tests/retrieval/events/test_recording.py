from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.events.event import Event
from retrieval.events.recording import EventRecorder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Catalogue:
    def get_many(self, product_ids: Any) -> dict[str, object]:
        return {key: object() for key in product_ids if key.startswith("p")}


class Log:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def append_many(self, events: Any) -> int:
        self.events.extend(events)
        return len(events)


class Ear:
    def __init__(self, log: Log) -> None:
        self._log = log
        self.heard: list[Event] = []

    def observe(self, events: Any) -> None:
        assert list(events)[-1] in self._log.events  # stored before it is told
        self.heard.extend(events)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def recorder(log: Log) -> EventRecorder:
    return EventRecorder(log, Catalogue(), rate_cap=5, now=lambda: NOW)


def click(**values: Any) -> dict[str, Any]:
    given = {"type": "click", "customer_id": "c1", "product_id": "p1", "at": NOW.isoformat()}
    return {**given, **values}


@pytest.mark.parametrize(
    ("bad", "field", "code"),
    [
        (click(product_id="x1"), "product_id", "unknown_product"),
        (click(colour="red"), "colour", "invalid"),
        (click(type="hover"), "type", "invalid"),
        (click(position=-1), "position", "invalid"),
        (click(value="much"), "value", "invalid"),
        (click(at="yesterday"), "at", "invalid"),
        (click(at="0001-01-01T00:00:00+10:00"), "at", "invalid"),
        (click(at=(NOW + timedelta(minutes=6)).isoformat()), "at", "future"),
        (click(at=(NOW - timedelta(days=731)).isoformat()), "at", "too_old"),
        ({"type": "click", "product_id": "p1"}, "customer_id", "invalid"),
        ("click", "", "invalid"),
        (None, "", "invalid"),
    ],
)
def test_a_bad_event_is_named_and_the_good_one_beside_it_kept(
    recorder: EventRecorder, log: Log, bad: Any, field: str, code: str
) -> None:
    recorded = recorder.record([bad, click(product_id="p2")])
    assert recorded.accepted == 1
    assert [(r.index, r.field, r.code) for r in recorded.rejected] == [(0, field, code)]
    assert recorded.rejected[0].reason
    assert [event.product_id for event in log.events] == ["p2"]
    assert recorder.rejections == {code: 1}


def test_the_same_event_again_within_two_seconds_is_a_replay(recorder: EventRecorder) -> None:
    later = (NOW + timedelta(seconds=1.5)).isoformat()
    assert [r.code for r in recorder.record([click(), click(at=later)]).rejected] == ["replay"]
    assert recorder.record([click(at=later, turn_id="t2")]).accepted == 1
    assert recorder.record([click(at=(NOW + timedelta(seconds=9)).isoformat())]).accepted == 1


def test_a_flood_is_cut_off_and_stops_nobody_else(log: Log) -> None:
    now = NOW
    recorder = EventRecorder(log, Catalogue(), rate_cap=5, now=lambda: now)
    recorded = recorder.record([click(product_id=f"p{i}") for i in range(8)])
    assert (recorded.accepted, {r.code for r in recorded.rejected}) == (5, {"flood"})
    assert recorder.record([click(customer_id="c2")]).accepted == 1
    now += timedelta(minutes=1)
    assert recorder.record([click(product_id="p9")]).accepted == 1


def test_listeners_hear_of_accepted_events_once_they_are_stored(log: Log) -> None:
    ear = Ear(log)
    EventRecorder(log, Catalogue(), ear, now=lambda: NOW).record([click(), click(product_id="?")])
    assert [event.product_id for event in ear.heard] == ["p1"]


def test_a_time_without_zone_is_utc(recorder: EventRecorder, log: Log) -> None:
    recorder.record([click(at="2026-03-01T11:00:00")])
    assert log.events[0].at == NOW - timedelta(hours=1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(["type", "customer_id", "product_id", "position", "value", "at", "query"])


@given(st.lists(JSON | st.dictionaries(FIELDS, JSON) | st.just(click()), max_size=6))
def test_whatever_is_posted_is_accepted_or_named(raw: list[Any]) -> None:
    log = Log()
    recorded = EventRecorder(log, Catalogue(), now=lambda: NOW).record(raw)
    assert recorded.accepted + len(recorded.rejected) == len(raw)
    assert recorded.accepted == len(log.events)
