import pytest

from assistant.dialogue.state import DialogueState
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
