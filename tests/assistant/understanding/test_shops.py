"""Understanding over other catalogues: fashion, furniture, and phones in Chinese only."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.understanding.understander import Understander
from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.lexicon import Lexicon

SHOPS = Path(__file__).parents[2] / "retrieval" / "shops"


def products(name: str) -> list[Product]:
    entries = yaml.safe_load((SHOPS / f"{name}.yaml").read_text(encoding="utf-8"))
    return [Product.model_validate(entry) for entry in entries]


def open_shop(stock: list[Product]) -> Understander:
    return Understander(Lexicon.load(), CatalogFacets.observe(stock))


READERS = {name: open_shop(products(name)) for name in ("fashion", "furniture", "phones_zh")}


@pytest.mark.parametrize(
    ("shop", "text", "expected"),
    [
        ("fashion", "red dresses under 60", {"color": ["red"]}),
        ("fashion", "红色的连衣裙", {"color": ["red"]}),
        ("furniture", "a walnut TV stand", {"material": ["walnut"]}),
        ("furniture", "胡桃木电视柜", {"material": ["walnut"]}),
        ("phones_zh", "黑色的手机，三千以内", {"color": ["黑色"]}),
        ("phones_zh", "a black phone under 3000", {"color": ["黑色"]}),
    ],
)
def test_values_are_the_shops_own(shop: str, text: str, expected: dict[str, list[str]]) -> None:
    state = DialogueState()
    wish = apply(state, READERS[shop].read(text, state)).constraints
    assert wish.attributes == expected
    assert wish.category


@pytest.mark.parametrize(("stated", "filters"), [(1, False), (10, True)])
def test_what_a_thing_is_good_for_filters_only_where_it_is_always_said(
    stated: int, filters: bool
) -> None:
    dress = next(p for p in products("fashion") if p.id == "dress-red")
    stock = [
        dress.model_copy(
            update={"id": f"d{i}", "attributes": {"occasion": ["wedding"]} if i < stated else {}}
        )
        for i in range(10)
    ]
    state = DialogueState()
    wish = apply(state, open_shop(stock).read("a dress for a wedding", state)).constraints
    held, other = wish.prefer_attributes, wish.attributes
    if filters:
        held, other = other, held
    assert held == {"occasion": ["wedding"]}
    assert other == {}


ODD = st.text(
    alphabet=st.sampled_from("a的不红or5$ 。?\u0301\u200f\u202e\u0000😀🧦éяعह") | st.characters(),
    max_size=60,
)


@pytest.mark.parametrize("shop", READERS)
@given(text=ODD)
@settings(max_examples=200, deadline=None)
def test_odd_input_is_read_in_order(shop: str, text: str) -> None:
    state = DialogueState(constraints=Constraints(price_max=50))
    heard = READERS[shop].read(text, state)
    for change in heard.changes:
        assert heard.text[change.start : change.end] == change.words
    apply(state, heard)
