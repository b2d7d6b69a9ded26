"""A shopper who leaves it open is asked for a preference once, and then shown what is liked."""

import pytest

from assistant.shop import Shop
from tests.assistant.dialogue.test_engine import Talk


@pytest.mark.parametrize(
    ("first", "again", "more"),
    [
        ("I am looking for something", "find me something", "show me more"),
        ("我想买点东西", "帮我找点东西", "再看看别的"),
    ],
)
def test_asked_once_then_shown(demo_shop: Shop, first: str, again: str, more: str) -> None:
    talk = Talk(demo_shop)
    asked = talk.say(first)
    assert asked.action == "clarify" and asked.quick_replies and not asked.products
    shown = talk.say(again)
    assert shown.action == "recommend" and shown.products
    assert all(p.reasons for p in shown.products)
    assert "?" not in shown.reply and "？" not in shown.reply
    further = talk.say(more)
    assert further.products
    assert not {p.id for p in further.products} & {p.id for p in shown.products}
