from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from assistant.conversation.status import TRANSITIONS, Act, next_status
from assistant.turn import Status

ACTS = get_args(Act)


def test_the_way_to_a_person_and_back():
    status = "bot"
    for act, expected in [
        ("ask", "waiting_for_agent"),
        ("claim", "with_agent"),
        ("return", "bot"),
        ("ask", "waiting_for_agent"),
        ("claim", "with_agent"),
        ("resolve", "closed"),
    ]:
        status = next_status(status, act)
        assert status == expected


def test_every_status_can_be_reached_and_closed_is_the_end():
    assert {"bot", *TRANSITIONS.values()} == set(get_args(Status))
    assert not [key for key in TRANSITIONS if key[0] == "closed"]
    assert all(next_status(s, "close") == "closed" for s in get_args(Status) if s != "closed")


@given(st.lists(st.sampled_from(ACTS)))
def test_an_agent_is_only_reached_through_the_queue(acts):
    status, before = "bot", "bot"
    for act in acts:
        before, status = status, next_status(status, act) or status
        if status == "with_agent" and before != "with_agent":
            assert before == "waiting_for_agent"
