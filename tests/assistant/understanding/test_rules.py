import pytest

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.understanding.rules import adjust_intent
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from assistant.understanding.understanding import Intent, IntentName


@pytest.mark.parametrize(
    ("text", "told", "adjusted"),
    [
        ("the second one", IntentName.REFINE, IntentName.PRODUCT_QUESTION),
        ("does it come in M?", IntentName.SEARCH, IntentName.PRODUCT_QUESTION),
        ("under 50 please", IntentName.OUT_OF_SCOPE, IntentName.REFINE),
        ("now show me sneakers", IntentName.REFINE, IntentName.SEARCH),
        ("my black boots never arrived", IntentName.COMPLAINT, IntentName.COMPLAINT),
        ("compare the first and the second", IntentName.COMPARE, IntentName.COMPARE),
        ("thanks", IntentName.THANKS_BYE, IntentName.THANKS_BYE),
    ],
)
def test_what_the_words_leave_no_doubt_of(
    understander: Understander,
    dress_talk: DialogueState,
    dresses: list[ShownProduct],
    text: str,
    told: IntentName,
    adjusted: IntentName,
) -> None:
    heard = understander.read(text, dress_talk, dresses)
    heard = heard.model_copy(update={"intent": Intent(name=told, confidence=0.5)})
    result = adjust_intent(heard, dress_talk)
    assert result.intent.name == adjusted
    if told != adjusted:
        assert result.intent.alternatives[0] == (told, 0.5)


def test_a_wish_out_of_the_blue_is_a_search(understander: Understander) -> None:
    heard = understander.read("red boots", DialogueState())
    heard = heard.model_copy(
        update={"intent": Intent(name=IntentName.OUT_OF_SCOPE, confidence=0.4)}
    )
    assert adjust_intent(heard, DialogueState()).intent.name == IntentName.SEARCH


@pytest.mark.parametrize(
    ("text", "told", "sure", "turns"),
    [
        ("do you have a zither?", IntentName.HUMAN_AGENT, 0.6, True),
        ("zither", IntentName.SEARCH, 0.9, True),
        ("雨伞", IntentName.SEARCH, 0.9, True),
        ("zither", IntentName.REFINE, 0.9, False),
        ("zither", IntentName.SEARCH, 0.4, False),
        ("do you have any with zithers", IntentName.REFINE, 0.6, False),
        ("under 50", IntentName.SEARCH, 0.9, False),
    ],
)
def test_a_thing_the_shop_has_no_word_for_is_not_what_is_looked_for(
    understander: Understander,
    dress_talk: DialogueState,
    dresses: list[ShownProduct],
    text: str,
    told: IntentName,
    sure: float,
    turns: bool,
) -> None:
    heard = understander.read(text, dress_talk, dresses)
    unknown = [text] if heard.changes and heard.changes[0].slot == "query" else []
    intent = Intent(name=told, confidence=sure)
    heard = heard.model_copy(update={"intent": intent, "unknown_words": unknown})
    heard = adjust_intent(heard, dress_talk)
    assert heard.topic_change == turns
    held = apply(dress_talk, heard).constraints.category
    assert (held is None) == turns
