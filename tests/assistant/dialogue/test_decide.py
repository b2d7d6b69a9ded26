import pytest

from assistant.dialogue.decide import BY_INTENT, decide
from assistant.dialogue.graph import STEPS
from assistant.dialogue.state import DialogueState
from assistant.understanding.understanding import (
    Change,
    Intent,
    IntentName,
    Reference,
    Understanding,
)


def heard(name: IntentName, confidence: float = 0.9, **changes) -> Understanding:
    return Understanding(
        text="…", language="en", intent=Intent(name=name, confidence=confidence), **changes
    )


CATEGORY = Change(op="set", slot="category", value="Dresses", words="dress")
SECOND = Reference(kind="ordinal", value=2, words="the second")


def test_every_intent_has_a_way_and_every_way_a_step():
    assert set(BY_INTENT) == set(IntentName)
    assert set(BY_INTENT.values()) <= set(STEPS)


def test_out_of_scope_with_a_product_named_is_a_search():
    assert decide(heard(IntentName.OUT_OF_SCOPE, changes=[CATEGORY]), DialogueState()) == "find"
    assert decide(heard(IntentName.OUT_OF_SCOPE), DialogueState()) == "lost"


def test_an_unsure_intent_without_substance_is_not_acted_upon():
    assert decide(heard(IntentName.RETURN_REFUND, 0.2), DialogueState()) == "lost"
    assert decide(heard(IntentName.SEARCH, 0.2, changes=[CATEGORY]), DialogueState()) == "find"


def test_a_question_that_names_a_kind_and_points_at_nothing_is_a_search():
    asked = heard(IntentName.PRODUCT_QUESTION, changes=[CATEGORY])
    assert decide(asked, DialogueState()) == "find"
    assert decide(asked, DialogueState(shown=("p1",))) == "find"
    pointed = asked.model_copy(update={"references": [SECOND]})
    assert decide(pointed, DialogueState(shown=("p1", "p2"))) == "question"


@pytest.mark.parametrize(
    ("pending", "name", "way"),
    [
        ({"kind": "offer_person"}, IntentName.AFFIRM, "handoff"),
        ({"kind": "offer_person"}, IntentName.DENY, "chat"),
        ({"kind": "offer_person"}, IntentName.VIEW_CART, "cart_view"),
        ({"kind": "relax"}, IntentName.AFFIRM, "relax"),
        ({"kind": "relax"}, IntentName.DENY, "chat"),
    ],
)
def test_an_open_question_is_settled_or_left(pending, name, way):
    assert decide(heard(name), DialogueState(pending=pending)) == way


def test_naming_a_product_settles_which_was_meant():
    state = DialogueState(shown=("a", "b"), pending={"kind": "which_product", "route": "reviews"})
    said = heard(IntentName.PRODUCT_QUESTION, references=[SECOND])
    assert decide(said, state) == "reviews"


def test_naming_a_size_settles_the_choice_of_a_variant():
    state = DialogueState(shown=("a",), pending={"kind": "choose_variant", "product_id": "a"})
    size = Change(op="set", slot="attributes.size", value=["M"], words="M")
    assert decide(heard(IntentName.REFINE, changes=[size]), state) == "cart_add"
