import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

import assistant.conversation.service as service_module
from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.conversation.store import ConversationStore
from assistant.errors import (
    ConversationBusyError,
    ConversationClosedError,
    ConversationNotFoundError,
    IdempotencyConflictError,
    TurnNotFoundError,
)


def said(service: ConversationService, conversation_id: str) -> list[tuple[str, str]]:
    return [
        (m.role, m.text) for m in service.transcript(conversation_id).messages if m.role != "system"
    ]


def test_a_turn_is_stored_with_both_messages_and_the_new_state(service):
    started = service.start(customer_id="ann", locale="zh")
    assert (started.greeting, started.language) == ("你好", "zh")
    turn = service.send(started.conversation_id, "a red dress")
    transcript = service.transcript(started.conversation_id)
    assert said(service, started.conversation_id) == [
        ("assistant", "你好"),
        ("shopper", "a red dress"),
        ("assistant", "1: a red dress"),
    ]
    assert [m.seq for m in transcript.messages] == [1, 2, 3]
    assert transcript.turns == {turn.turn_id: turn.model_dump(mode="json")}
    assert transcript.conversation.state.turn == 1
    assert service.send(started.conversation_id, "next").reply == "2: next"


def test_only_its_own_token_opens_a_conversation(service, store):
    one, two = service.start(), service.start()
    assert store.opens(one.conversation_id, one.token)
    assert not store.opens(one.conversation_id, two.token)
    assert not store.opens("c_unknown", one.token)


def test_an_unknown_conversation_is_not_found(service):
    with pytest.raises(ConversationNotFoundError):
        service.send("c_unknown", "hello")
    with pytest.raises(ConversationNotFoundError):
        service.transcript("c_unknown")


def test_a_closed_conversation_takes_no_message(service, desk):
    conversation_id = service.start().conversation_id
    assert desk.close(conversation_id)
    assert not desk.close(conversation_id)
    with pytest.raises(ConversationClosedError):
        service.send(conversation_id, "hello")
    with pytest.raises(ConversationClosedError):
        desk.request(conversation_id)


def test_turns_of_one_conversation_follow_each_other_in_two_replicas(service, sessions, engine):
    conversation_id = service.start().conversation_id
    services = (service, ConversationService(ConversationStore(sessions), engine))
    with ThreadPoolExecutor(6) as pool:
        turns = list(pool.map(lambda i: services[i % 2].send(conversation_id, f"m{i}"), range(6)))
    assert sorted(turn.reply.split(":")[0] for turn in turns) == list("123456")
    assert service.transcript(conversation_id).conversation.state.turn == 6


def test_one_key_is_one_turn_even_at_the_same_time_in_two_replicas(service, sessions, engine):
    conversation_id = service.start().conversation_id
    replica = ConversationService(ConversationStore(sessions), engine)
    barrier = Barrier(5)

    def retry(number: int) -> str:
        barrier.wait()
        served_by = replica if number % 2 else service
        return served_by.send(conversation_id, "once", key="k").model_dump_json()

    with ThreadPoolExecutor(5) as pool:
        answers = set(pool.map(retry, range(5)))
    assert len(answers) == 1
    assert engine.calls == ["once"]
    assert said(service, conversation_id)[1:] == [("shopper", "once"), ("assistant", "1: once")]


def test_a_key_with_another_text_is_a_conflict_and_keys_are_per_conversation(service):
    one, two = service.start().conversation_id, service.start().conversation_id
    service.send(one, "a", key="k")
    with pytest.raises(IdempotencyConflictError):
        service.send(one, "b", key="k")
    assert service.send(two, "b", key="k").reply == "1: b"


def test_a_key_gives_the_first_answer_after_the_conversation_closed(service, desk):
    conversation_id = service.start().conversation_id
    first = service.send(conversation_id, "a", key="k")
    desk.close(conversation_id)
    assert service.send(conversation_id, "a", key="k") == first


def test_a_failed_turn_can_be_retried_and_its_message_stands_once(service, engine):
    conversation_id = service.start().conversation_id

    def fail(text: str) -> None:
        raise RuntimeError("broken")

    engine.before_answer = fail
    with pytest.raises(RuntimeError):
        service.send(conversation_id, "a", key="k")
    engine.before_answer = lambda text: None
    assert service.send(conversation_id, "a", key="k").reply == "1: a"
    assert said(service, conversation_id)[1:] == [("shopper", "a"), ("assistant", "1: a")]


def test_a_turn_that_was_never_finished_blocks_only_for_its_lease(service, monkeypatch):
    conversation_id = service.start().conversation_id
    monkeypatch.setattr(service_module, "LEASE_S", 0.3)
    service.begin(conversation_id, "lost", key="k")  # its process died here
    began = time.monotonic()
    assert service.send(conversation_id, "next").reply == "1: next"
    assert time.monotonic() - began > 0.2
    assert service.send(conversation_id, "lost", key="k").reply == "2: lost"


def test_a_conversation_that_stays_busy_says_so(service, monkeypatch):
    conversation_id = service.start().conversation_id
    service.begin(conversation_id, "slow")
    monkeypatch.setattr(service_module, "LEASE_S", -4.8)
    with pytest.raises(ConversationBusyError):
        service.send(conversation_id, "next")


def test_the_bot_says_once_that_a_person_comes_and_then_is_silent(service, desk, engine):
    conversation_id = service.start().conversation_id
    handoff = desk.request(conversation_id, "size question")
    turns = [service.send(conversation_id, text) for text in ("hello?", "anyone?")]
    assert [(t.status, t.action, bool(t.reply)) for t in turns] == [
        ("waiting_for_agent", "handoff", True),
        ("waiting_for_agent", "handoff", False),
    ]
    desk.claim(handoff.id, "ann")
    assert service.send(conversation_id, "hi").reply == ""
    assert engine.calls == []
    assert [text for role, text in said(service, conversation_id) if role == "shopper"] == [
        "hello?",
        "anyone?",
        "hi",
    ]


def test_words_that_ask_for_a_person_open_a_handoff_without_a_second_notice(service, desk):
    conversation_id = service.start().conversation_id
    turn = service.send(conversation_id, "a person please")
    assert (turn.status, turn.reply) == ("waiting_for_agent", "1: a person please")
    assert [h.reason for h in desk.queue("waiting")] == ["a person please"]
    assert service.send(conversation_id, "hello?").reply == ""


@pytest.mark.parametrize("gives_back", [False, True])
def test_a_reply_is_dropped_when_a_person_came_meanwhile(service, desk, engine, gives_back):
    conversation_id = service.start().conversation_id

    def take_over(text: str) -> None:
        handoff = desk.request(conversation_id)
        desk.claim(handoff.id, "ann")
        desk.message(handoff.id, "ann", "Ann here")
        if gives_back:
            desk.give_back(handoff.id, "ann")

    engine.before_answer = take_over
    turn = service.send(conversation_id, "hello")
    assert turn.reply == ""
    assert said(service, conversation_id)[1:] == [("shopper", "hello"), ("agent", "Ann here")]
    engine.before_answer = lambda text: None
    answered = service.send(conversation_id, "again")
    assert bool(answered.reply) is gives_back


def test_an_agent_can_claim_while_the_bot_is_thinking(service, desk, engine):
    conversation_id = service.start().conversation_id
    thinking, claimed = Event(), Event()

    def think(text: str) -> None:
        thinking.set()
        assert claimed.wait(10)

    engine.before_answer = think
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(service.send, conversation_id, "hello")
        assert thinking.wait(10)
        desk.claim(desk.request(conversation_id).id, "ann")
        claimed.set()
        assert sent.result().status == "with_agent"


def test_feedback_belongs_to_a_turn_of_the_conversation(service, store):
    one, two = service.start("ann"), service.start()
    turn = service.send(one.conversation_id, "a")
    service.feedback(one.conversation_id, turn.turn_id, "up")
    service.feedback(one.conversation_id, turn.turn_id, "down", "too dear")
    assert [(f["value"], f["comment"]) for f in store.export("ann")["feedback"]] == [
        ("down", "too dear")
    ]
    with pytest.raises(TurnNotFoundError):
        service.feedback(two.conversation_id, turn.turn_id, "up")


def test_erasing_a_customer_leaves_other_customers_alone(
    service, store: ConversationStore, desk: HandoffDesk
):
    mine, other = service.start("ann"), service.start("bo")
    service.send(mine.conversation_id, "a person please", key="k")
    service.send(other.conversation_id, "hello")
    exported = store.export("ann")
    assert len(exported["conversations"]) == len(exported["handoffs"]) == 1
    assert store.erase("ann") == 1
    assert store.export("ann") == {"conversations": [], "feedback": [], "handoffs": [], "cart": []}
    assert desk.queue() == []
    assert len(store.export("bo")["conversations"]) == 1


def test_a_shopper_whose_mood_turns_bad_is_offered_a_person_once(service):
    conversation_id = service.start().conversation_id
    plain = service.send(conversation_id, "a red dress")
    assert plain.quick_replies == [] and plain.reply == "1: a red dress"
    turn = service.send(conversation_id, "this is awful, useless and ridiculous")
    assert turn.reply.startswith("2: this is awful")
    assert turn.reply.endswith("Shall I fetch a person?")
    assert turn.quick_replies == ["Yes", "No"]
    state = service.transcript(conversation_id).conversation.state
    assert state.pending == {"kind": "offer_person", "reason": "mood"}
    assert "Shall I fetch" not in service.send(conversation_id, "a blue dress").reply


def test_who_asks_for_a_person_is_not_offered_one(service):
    conversation_id = service.start().conversation_id
    turn = service.send(conversation_id, "awful, useless, ridiculous, a person now")
    assert turn.status == "waiting_for_agent"
    assert "Shall I fetch" not in turn.reply
