from assistant.conversation.conversation import Message
from assistant.conversation.store import now
from assistant.conversation.summary import summarise
from assistant.dialogue.state import DialogueState
from retrieval.constraints import Constraints


def test_it_says_what_is_wanted_in_both_languages():
    state = DialogueState(
        language="zh",
        constraints=Constraints(
            category="Dresses",
            price_max=60,
            currency="USD",
            attributes={"color": ["red", "pink"]},
            exclude={"material": ["wool"]},
            avoid_aspects=["sizing"],
        ),
    )
    turn = {"products": [{"id": "p", "title": "Robe {value}", "price": 5.0, "currency": "USD"}]}
    messages = [Message(seq=1, role="shopper", text="hi", at=now())]
    summary = summarise("asked", state, messages, turn)
    assert summary["text"]["en"].splitlines() == [
        "Asked for a person: asked",
        "1 messages so far",
        "Category: Dresses",
        "At most 60 USD",
        "Wants color: red, pink",
        "Does not want material: wool",
        "Minds bad reviews of: sizing",
        "Last shown: Robe {value}",
    ]
    assert len(summary["text"]["zh"].splitlines()) == 8
    assert "最高价：60 USD" in summary["text"]["zh"]
    assert summary["products"] == turn["products"]


def test_nothing_said_yet():
    summary = summarise("", DialogueState(), [], None)
    assert summary["text"]["en"] == "Has not said what is wanted yet"
