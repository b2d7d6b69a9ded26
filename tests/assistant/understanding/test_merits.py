"""Merits and faults that a wish names by themselves."""

import pytest

from assistant.dialogue.state import DialogueState
from retrieval.constraints import Constraints
from tests.assistant.understanding.conftest import Reading


@pytest.mark.parametrize(
    ("text", "preferred", "avoided"),
    [
        ("a warm sweater", ["warmth"], []),
        ("轻一点的背包", ["weight"], []),
        ("a sturdy desk", ["durability"], []),
        ("静音键盘", ["noise"], []),
        # A fault spared is avoided, and says nothing else.
        ("a phone with no overheating", [], ["heat"]),
        ("不掉色的T恤", [], ["washing"]),
        ("别晃的书桌", [], ["stability"]),
        ("chair with good back support", ["support"], []),
        # Lamps, not light ones; "low" and "good" say something of anything.
        ("wall lights", [], []),
        ("low sugar nuts", [], []),
        ("no leather sofa", [], []),
        ("降噪不重要", [], []),
    ],
)
def test_bare_merits(wish: Reading, text: str, preferred: list[str], avoided: list[str]) -> None:
    found = wish(text)
    assert (found.prefer_aspects, found.avoid_aspects) == (preferred, avoided)


@pytest.mark.parametrize("text", ["is there a gift box?", "do you have free shipping?"])
def test_a_question_about_the_shop_wishes_for_nothing(wish: Reading, text: str) -> None:
    state = DialogueState(constraints=Constraints(category="Sofas"))
    assert wish(text, state) == state.constraints
