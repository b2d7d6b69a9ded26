"""How far negation, soft wishes and their taking back reach."""

import pytest

from assistant.dialogue.state import DialogueState, Wish
from retrieval.constraints import Constraints
from tests.assistant.understanding.conftest import Reading


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("not red, size 42", {"exclude": {"color": ["red"]}, "attributes": {"size": ["EU 42"]}}),
        ("不要红色 42码", {"exclude": {"color": ["red"]}, "attributes": {"size": ["EU 42"]}}),
        (
            "not suede, and in navy",
            {"exclude": {"material": ["suede"]}, "attributes": {"color": ["navy"]}},
        ),
        ("neither black nor brown", {"exclude": {"color": ["black", "brown"]}}),
        (
            "最好黄色 42的",
            {"prefer_attributes": {"color": ["yellow"]}, "attributes": {"size": ["EU 42"]}},
        ),
        ("what colours besides white?", {}),
        ("white is fine too", {}),
    ],
)
def test_reach(wish: Reading, text: str, changed: dict[str, object]) -> None:
    held = Constraints(category="Shoes")
    assert wish(text, DialogueState(constraints=held)) == held.model_copy(update=changed)


@pytest.mark.parametrize("text", ["doesn't have to be olive", "不一定要橄榄绿"])
def test_what_need_not_be_is_not_refused(wish: Reading, text: str) -> None:
    held = Constraints(category="Jackets", prefer_attributes={"color": ["olive"]})
    assert wish(text, DialogueState(constraints=held)) == Constraints(category="Jackets")


@pytest.mark.parametrize("text", ["noise cancelling isn't important", "降噪不重要"])
def test_a_feature_that_does_not_matter(wish: Reading, text: str) -> None:
    held = Constraints(category="Earbuds", attributes={"noise_cancelling": ["yes"]})
    assert wish(text, DialogueState(constraints=held)) == Constraints(category="Earbuds")


@pytest.mark.parametrize("text", ["same budget and 500 pieces", "预算一样，500片"])
def test_the_same_budget_said_later(wish: Reading, text: str) -> None:
    games = Wish(constraints=Constraints(category="Board games", price_max=60))
    state = DialogueState(constraints=Constraints(category="Puzzles"), set_aside=(games,))
    found = wish(text, state)
    assert (found.price_max, found.attributes) == (60, {"pieces": ["500 pieces"]})


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("书桌，宽120", {"width": ["120 cm"]}),
        ("desk width 120", {"width": ["120 cm"]}),
        ("laptop 512 storage", {"capacity": ["512 GB"]}),
    ],
)
def test_a_measure_without_its_unit(
    wish: Reading, text: str, attributes: dict[str, list[str]]
) -> None:
    assert wish(text).attributes == attributes


def test_weights_are_no_prices(wish: Reading) -> None:
    assert wish("a 2 pound, pack of 1, chocolate").price_max is None
    assert wish("chocolate, 20 pounds max").price_max == 20
