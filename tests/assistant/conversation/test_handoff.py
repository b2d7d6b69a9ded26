from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

import assistant.conversation.handoff as handoff_module
from assistant.conversation.store import now
from assistant.errors import ConversationNotFoundError, HandoffConflictError, HandoffNotFoundError


@pytest.fixture
def waiting(service, desk):
    conversation_id = service.start("cust").conversation_id
    service.send(conversation_id, "the last one arrived broken, terrible")
    return desk.request(conversation_id, "broken shoes")


def test_the_queue_says_why_how_long_and_in_what_mood(desk, waiting, monkeypatch):
    later = now() + timedelta(seconds=90)
    monkeypatch.setattr(handoff_module, "now", lambda: later)
    (queued,) = desk.queue("waiting")
    assert (queued.reason, queued.customer_id, queued.status) == ("broken shoes", "cust", "waiting")
    assert 85 < queued.waiting_s < 95
    assert queued.sentiment < -0.5
    assert "Asked for a person: broken shoes" in queued.summary["text"]["en"]
    assert "broken shoes" in queued.summary["text"]["zh"]
    assert queued.summary["messages"][-2]["text"] == "the last one arrived broken, terrible"
    assert desk.queue("claimed") == []


def test_those_who_wait_longest_come_first(service, desk):
    ids = [desk.request(service.start().conversation_id).id for _ in range(3)]
    assert [h.id for h in desk.queue("waiting")] == ids


def test_asking_twice_is_one_handoff(desk, waiting):
    again = desk.request(waiting.conversation_id, "still broken")
    assert (again.id, again.reason) == (waiting.id, "broken shoes")


def test_the_second_claim_is_told_who_was_first(desk, waiting):
    assert desk.claim(waiting.id, "ann").agent == "ann"
    for agent in ("bo", "ann"):
        with pytest.raises(HandoffConflictError, match="claimed by ann"):
            desk.claim(waiting.id, agent)


def test_of_many_claims_at_once_one_wins(desk, waiting):
    barrier = Barrier(8)

    def claim(agent: str) -> str | None:
        barrier.wait()
        try:
            return desk.claim(waiting.id, agent).agent
        except HandoffConflictError:
            return None

    with ThreadPoolExecutor(8) as pool:
        winners = [w for w in pool.map(claim, [f"agent{i}" for i in range(8)]) if w]
    assert winners == [desk.get(waiting.id).agent]


def test_only_the_claiming_agent_acts(desk, waiting):
    acts = [
        lambda agent: desk.message(waiting.id, agent, "hi"),
        lambda agent: desk.give_back(waiting.id, agent),
        lambda agent: desk.resolve(waiting.id, agent),
    ]
    for act in acts:
        with pytest.raises(HandoffConflictError, match="waiting"):
            act("ann")
    desk.claim(waiting.id, "ann")
    for act in acts:
        with pytest.raises(HandoffConflictError, match="ann"):
            act("bo")
    assert desk.get(waiting.id).status == "claimed"


def test_notes_are_kept_for_agents_and_never_said(service, desk, waiting):
    desk.note(waiting.id, "bo", "send a voucher")
    assert [(n.agent, n.text) for n in desk.get(waiting.id).notes] == [("bo", "send a voucher")]
    transcript = service.transcript(waiting.conversation_id)
    assert "voucher" not in transcript.model_dump_json()


def test_returned_and_resolved(service, desk, waiting):
    desk.claim(waiting.id, "ann")
    desk.message(waiting.id, "ann", "I look into it")
    assert desk.give_back(waiting.id, "ann").status == "returned"
    assert service.send(waiting.conversation_id, "thanks").reply == "2: thanks"
    second = desk.request(waiting.conversation_id)
    assert second.id != waiting.id
    desk.claim(second.id, "bo")
    resolved = desk.resolve(second.id, "bo", "refunded")
    assert (resolved.status, resolved.conversation_status, resolved.outcome) == (
        "resolved",
        "closed",
        "refunded",
    )
    statuses = [m.status for m in service.transcript(waiting.conversation_id).messages if m.status]
    assert statuses == [
        "waiting_for_agent",
        "with_agent",
        "bot",
        "waiting_for_agent",
        "with_agent",
        "closed",
    ]


def test_closing_ends_the_handoff_too(desk, waiting):
    desk.close(waiting.conversation_id)
    assert desk.get(waiting.id).status == "resolved"


def test_unknown_ones(desk):
    with pytest.raises(HandoffNotFoundError):
        desk.claim("h_none", "ann")
    with pytest.raises(HandoffNotFoundError):
        desk.get("h_none")
    with pytest.raises(ConversationNotFoundError):
        desk.request("c_none")
