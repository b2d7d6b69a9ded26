"""Which kind of product is meant: narrowed, told by two nouns, left for now, or none at all."""

import pytest

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.understanding.understander import Understander
from retrieval.constraints import Constraints
from tests.assistant.understanding.conftest import Reading


def holding(**fields: object) -> DialogueState:
    return DialogueState(constraints=Constraints.model_validate(fields), turn=1)


@pytest.mark.parametrize(
    ("held", "text", "category"),
    [
        ("Dresses", "the long ones", "Maxi dresses"),
        ("Dresses", "长款的", "Maxi dresses"),
        ("Boots", "短的", "Ankle boots"),
        ("Headphones", "入耳的", "Earbuds"),
        ("Laptops & tablets", "a gaming one", "Gaming laptops"),
        # "Leather ones" name a value, and "a dress" another kind.
        ("Shoes", "皮的", "Shoes"),
        ("Shoes", "now a red dress", "Dresses"),
        ("Phones", "show me cases for it", "Phone cases"),
    ],
)
def test_what_is_held_is_narrowed(wish: Reading, held: str, text: str, category: str) -> None:
    assert wish(text, holding(category=held)).category == category


def test_a_sort_ends_what_it_cannot_be(wish: Reading) -> None:
    state = holding(category="Headphones", attributes={"wireless": ["yes"]})
    assert wish("wired ones", state) == Constraints(category="Wired headphones")
    assert wish("还是有线吧", state) == Constraints(category="Wired headphones")


@pytest.mark.parametrize(
    ("text", "category", "attributes"),
    [
        ("a toy for my cat", "Pet toys", {"pet": ["cats"]}),
        ("food for my old cat", "Cat food", {"life_stage": ["senior"]}),
        ("猫玩具", "Pet toys", {"pet": ["cats"]}),
        ("hdmi线", "Cables", {"connector": ["HDMI"]}),
        ("a mouse with a cord", "Mice", {"wireless": ["no"]}),
        ("bluetooth speaker", "Speakers", {"wireless": ["yes"]}),
        ("对猫安全的绿植", "House plants", {"pet_safe": ["yes"]}),
        ("shoes size 40", "Shoes", {"size": ["EU 40"]}),
        ("a kestrel phone", "Phones", {"brand": ["Kestrel Mobile"]}),
    ],
)
def test_nouns_mean_more_together(
    wish: Reading, text: str, category: str, attributes: dict[str, list[str]]
) -> None:
    found = wish(text)
    assert found.category == category
    said = {**found.attributes, **found.prefer_attributes}
    assert attributes.items() <= said.items()


@pytest.mark.parametrize(
    "text",
    [
        "I want to return the boots I bought",
        "想退上次买的靴子",
        "退货政策",
        "1tb storage",
        "nut free syrup",
        "a pound bag of amla",
        "add it to my basket",
        "you guys have zithers?",
    ],
)
def test_a_noun_that_is_not_looked_for(wish: Reading, text: str) -> None:
    found = wish(text)
    assert (found.category, found.price_max, "gender" in found.attributes) == (None, None, False)


def test_service_words_stay_out_of_the_search(understander: Understander) -> None:
    heard = understander.read("退货政策 靴子", DialogueState())
    assert {c.slot: c.value for c in heard.changes} == {"category": "Boots", "query": ""}


def test_a_kind_left_for_now(understander: Understander) -> None:
    heard = understander.read("鼠标先不看了，看显示器", holding(category="Mice"))
    assert [c.value for c in heard.changes if c.slot == "category"] == ["Monitors"]


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("a present for my dad who likes cooking", True),
        ("gift ideas for mom", True),
        ("送女朋友的生日礼物", True),
        ("it's a gift for my girlfriend", False),
        ("I need them as a present for my brother", False),
        ("this is a birthday present", False),
        ("这是送女朋友的礼物", False),
        ("送女朋友当礼物", False),
        ("can you gift wrap it?", False),
        ("有礼品盒吗", False),
    ],
)
def test_a_present_is_another_subject_unless_what_is_held_is_it(
    understander: Understander, text: str, turns: bool
) -> None:
    held = holding(category="Shoes", price_max=100.0)
    assert understander.read(text, held).topic_change == turns
    assert not understander.read(text, DialogueState()).topic_change


@pytest.mark.parametrize(
    ("held", "text", "turns"),
    [
        ("television", "a projector", True),
        ("电视", "有没有无人机", True),
        ("television", "a bigger television", False),
        ("washing machine", "do you sell laptops?", True),
    ],
)
def test_kinds_that_are_not_sold_are_told_apart(
    understander: Understander, held: str, text: str, turns: bool
) -> None:
    state = DialogueState(constraints=understander_wish(understander, held), turn=1)
    assert understander.read(text, state).topic_change == turns


def understander_wish(understander: Understander, text: str) -> Constraints:
    return apply(DialogueState(), understander.read(text, DialogueState())).constraints
