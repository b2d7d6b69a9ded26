"""Several kinds of product, and several intents, in one message."""

import pytest

from assistant.shop import Shop
from tests.assistant.dialogue.test_engine import Talk


@pytest.fixture
def talk(demo_shop: Shop) -> Talk:
    return Talk(demo_shop)


@pytest.mark.parametrize(
    ("first", "category", "then", "following"),
    [
        ("black kettles and a tent under 300", "Kettles", "and now the tent", "Tents"),
        ("水壶和帐篷，300以内", "Kettles", "再看看帐篷", "Tents"),
    ],
)
def test_the_first_kind_is_shown_and_the_next_one_on_its_name(
    talk: Talk, first: str, category: str, then: str, following: str
) -> None:
    turn = talk.say(first)
    assert turn.products and turn.constraints.category == category
    turn = talk.say(then)
    assert turn.products
    assert (turn.constraints.category, turn.constraints.price_max) == (following, 300)


def test_the_offer_of_the_next_kind_is_a_quick_reply(talk: Talk) -> None:
    turn = talk.say("espresso machines and soundbars")
    assert "soundbars" in turn.reply
    assert "Now the soundbars" in turn.quick_replies
    assert talk.say("Now the soundbars").constraints.category == "Soundbars"


@pytest.mark.parametrize(
    ("text", "category", "policy"),
    [
        ("what's your return policy? also show me boots", "Boots", "return"),
        ("多久能发货？另外看看靴子", "Boots", "配送"),
    ],
)
def test_a_question_beside_the_wish_is_answered_first(
    talk: Talk, text: str, category: str, policy: str
) -> None:
    turn = talk.say(text)
    assert turn.action == "recommend" and turn.constraints.category == category
    assert policy in turn.reply.lower().split(turn.products[0].title.lower())[0]


@pytest.mark.parametrize("text", ["thanks, now a blue scarf under 30", "谢谢，再看看蓝色的围巾"])
def test_thanks_do_not_drown_a_wish(talk: Talk, text: str) -> None:
    talk.say("kettles")
    turn = talk.say(text)
    assert turn.action == "recommend"
    assert turn.constraints.category == "Scarves & gloves"
    assert turn.constraints.attributes.get("color")


def test_what_was_bought_is_no_wish(talk: Talk) -> None:
    turn = talk.say("I bought black boots last week, how do I return them?")
    assert turn.action == "answer" and not turn.products
