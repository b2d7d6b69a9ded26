"""Not understanding: first which of two is asked, then a person is offered; both in one voice."""

import dataclasses
from collections.abc import Callable
from typing import Any, cast

import pytest

from assistant.dialogue import talk
from assistant.dialogue.decide import chosen_intent, decide
from assistant.dialogue.engine import GraphEngine
from assistant.dialogue.outcome import Owner
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.work import Draft
from assistant.reply.phrases import phrases
from assistant.shop import Shop
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from assistant.understanding.understanding import Intent, IntentName, Reference, Understanding

OWNER = Owner("unsure")
ORDER, RETURN = IntentName.ORDER_STATUS, IntentName.RETURN_REFUND
UNSURE = Intent(
    name=IntentName.OUT_OF_SCOPE,
    confidence=0.2,
    alternatives=[(ORDER, 0.33), (RETURN, 0.3), (IntentName.COMPLAINT, 0.1)],
)
OUTSIDE = UNSURE.model_copy(update={"confidence": 0.9, "alternatives": [(ORDER, 0.05)]})
ASKED = {
    "kind": "which_intent",
    "text": "about 4411",
    "choices": {"查订单": "order_status", "退换货": "return_refund"},
}


def heard(text: str, intent: Intent, language: str = "en", **more: object) -> Understanding:
    return Understanding.model_validate(
        {"text": text, "language": language, "intent": intent, **more}
    )


Lost = Callable[[Understanding, DialogueState], tuple[DialogueState, Draft]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Lost:
    """The step alone, in a shop without departments."""
    monkeypatch.setattr(talk, "departments", lambda rooms, language: [])

    def step(said: Understanding, state: DialogueState) -> tuple[DialogueState, Draft]:
        work = talk.lost(cast("Rooms", None), {"understanding": said, "state": state})
        return work["state"], work["draft"]

    return step


@pytest.mark.parametrize("language", ["en", "zh"])
def test_first_the_two_likeliest_are_asked_about(answer: Lost, language: str) -> None:
    state, draft = answer(heard("…", UNSURE, language), DialogueState(language=language))
    book = phrases(language)
    named = [book.say("intent_order_status"), book.say("intent_return_refund")]
    assert draft.action == "clarify"
    assert all(words in draft.sentences[0] for words in named)
    assert draft.quick[:2] == named
    assert state.pending
    assert state.pending["choices"] == dict(zip(named, [ORDER, RETURN], strict=True))


@pytest.mark.parametrize("intent", [UNSURE, OUTSIDE])
def test_then_a_person_is_offered(answer: Lost, intent: Intent) -> None:
    state, draft = answer(heard("…", intent), DialogueState(misses=1))
    assert state.pending
    assert state.pending["kind"] == "offer_person"
    assert draft.quick == ["quick_yes", "quick_no"]
    outside = phrases("en").say("out_of_scope")
    assert (outside in draft.sentences) == (intent is OUTSIDE)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_out_of_scope_is_said_to_be(answer: Lost, language: str) -> None:
    state, draft = answer(heard("…", OUTSIDE, language), DialogueState(language=language))
    assert draft.sentences == [phrases(language).say("out_of_scope")]
    assert state.pending is None


def test_without_two_likely_ones_it_says_only_that_it_did_not_understand(answer: Lost) -> None:
    vague = UNSURE.model_copy(update={"confidence": 0.05, "alternatives": [(ORDER, 0.11)]})
    _, draft = answer(heard("…", vague), DialogueState())
    assert draft.sentences == [phrases("en").say("not_understood")]


@pytest.mark.parametrize(
    ("text", "references", "meant"),
    [
        ("退换货", [], RETURN),
        ("the first", [Reference(kind="ordinal", value=1, words="first")], ORDER),
        ("2", [Reference(kind="ordinal", value=2, words="2")], RETURN),
        ("third", [Reference(kind="ordinal", value=3, words="third")], None),
        ("the last", [Reference(kind="ordinal", value=-1, words="last")], None),
        ("do you have lamps", [], None),
    ],
)
def test_the_choice_is_read_from_its_words_or_place(
    text: str, references: list[Reference], meant: IntentName | None
) -> None:
    said = heard(text, UNSURE, references=references)
    assert chosen_intent(said, ASKED) == meant
    assert chosen_intent(said, {"kind": "relax"}) is None
    assert chosen_intent(said, {}) is None


@pytest.mark.parametrize("name", [IntentName.AFFIRM, IntentName.DENY])
def test_yes_and_no_choose_neither(name: IntentName) -> None:
    said = heard("…", Intent(name=name, confidence=0.9))
    assert decide(said, DialogueState(pending=ASKED)) == "lost"


def test_another_wish_leaves_the_question_behind() -> None:
    said = heard("…", Intent(name=IntentName.VIEW_CART, confidence=0.9))
    assert decide(said, DialogueState(pending=ASKED)) == "cart_view"


class Unsure:
    """The real understanding, but sure of nothing that is about 4411."""

    def __init__(self, real: Understander) -> None:
        self._real = real

    def understand(self, text: str, state: DialogueState, shown: list[ShownProduct]) -> Any:
        said = self._real.understand(text, state, shown)
        return said.model_copy(update={"intent": UNSURE}) if "44 11" in text else said


@pytest.fixture
def engine(demo_shop: Shop) -> GraphEngine:
    unsure = cast("Understander", Unsure(demo_shop.rooms.understander()))
    return GraphEngine(dataclasses.replace(demo_shop.rooms, understander=lambda: unsure))


@pytest.mark.parametrize("name", [n for n in IntentName if f"intent_{n}" in phrases("en")])
def test_every_choice_can_be_taken(engine: GraphEngine, name: IntentName) -> None:
    asked = {"kind": "which_intent", "text": "hmm that", "choices": {"this here": name.value}}
    outcome = engine.respond("this here", DialogueState(pending=asked, misses=1), OWNER)
    assert outcome.intent.name == name
    assert outcome.state.misses == 0
    assert outcome.reply and outcome.action != "refuse"


@pytest.mark.parametrize("unclear", ["hmm 44 11 thing", "那个44 11啥的"])
def test_a_quick_reply_is_taken_for_what_was_meant(engine: GraphEngine, unclear: str) -> None:
    asked = engine.respond(unclear, DialogueState(), OWNER)
    assert asked.action == "clarify"
    assert len(asked.quick_replies) == 3
    taken = engine.respond(asked.quick_replies[0], asked.state, OWNER)
    assert (taken.intent.name, taken.action) == (ORDER, "order")


@pytest.mark.parametrize(
    ("unclear", "neither", "yes"),
    [("hmm 44 11 thing", "no", "yes"), ("那个44 11啥的", "不是", "好的")],
)
def test_the_whole_way_to_a_person(
    engine: GraphEngine, unclear: str, neither: str, yes: str
) -> None:
    asked = engine.respond(unclear, DialogueState(), OWNER)
    offered = engine.respond(neither, asked.state, OWNER)
    assert offered.state.pending and offered.state.pending["kind"] == "offer_person"
    assert engine.respond(yes, offered.state, OWNER).handoff_reason == "lost"
    again = engine.respond(unclear, asked.state, OWNER)
    assert again.state.pending and again.state.pending["kind"] == "offer_person"


def test_something_understood_between_begins_anew(engine: GraphEngine) -> None:
    asked = engine.respond("hmm 44 11 thing", DialogueState(), OWNER)
    between = engine.respond("show my cart", asked.state, OWNER)
    assert between.state.misses == 0
    assert engine.respond("hmm 44 11 thing", between.state, OWNER).action == "clarify"
