from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogue.state import DialogueState
from assistant.understanding.measures import find_bounds
from assistant.understanding.understander import Understander
from retrieval.catalog.facets import CatalogFacets, ValueFacet
from retrieval.catalog.product import Product, Variant
from retrieval.language import fold, normalise
from retrieval.lexicon import Lexicon
from tests.assistant.understanding.conftest import Reading


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("backpack bigger than 40 litres", "capacity", ["45 l", "65 l", "90 l", "95 l"]),
        ("a bigger suitcase than 90 liters", "capacity", ["95 l"]),
        ("dumbbells heavier than 10 kg", "weight", ["12 kg", "16 kg"]),
        ("laptop with at least 16 GB ram", "memory", ["16 GB", "32 GB"]),
        ("laptop, at least 512gb", "capacity", ["512 GB", "1 TB", "2 TB"]),
        ("power bank over 10000 mah", "battery", ["20000 mAh"]),
        ("sunscreen spf 50 or above", "spf", ["SPF 50"]),
        ("board game for 5 players", "players", ["2-6 players", "3-8 players"]),
        ("desk between 1 and 1.4 m", "width", ["100 cm", "120 cm", "140 cm"]),
        ("monitors with 200+ hz", "refresh_rate", ["240 Hz"]),
        ("40升以上的背包", "capacity", ["40 l", "45 l", "65 l", "90 l", "95 l"]),
        ("容量比60升大的行李箱", "capacity", ["65 l", "90 l", "95 l"]),
        ("二十斤以上的哑铃", "weight", ["10 kg", "12 kg", "16 kg"]),
        ("一亿像素以上的手机", "camera", ["108 MP"]),
        ("5个人玩的桌游", "players", ["2-6 players", "3-8 players"]),
    ],
)
def test_every_value_that_satisfies_is_an_alternative(
    wish: Reading, text: str, name: str, values: list[str]
) -> None:
    found = wish(text)
    assert found.attributes == {name: values}
    assert found.category
    assert (found.price_min, found.price_max) == (None, None)


def test_a_bound_that_no_value_satisfies_is_kept_so_that_the_search_tells(
    wish: Reading, understander: Understander
) -> None:
    assert wish("a backpack bigger than 900 litres").attributes == {
        "capacity": ["bigger than 900 litres"]
    }
    # Of what there is no telling: nothing is noted, and the words are told as unknown.
    heard = understander.read("something bigger than 900 litres", DialogueState())
    assert heard.unknown_words == ["bigger than 900 litres"]


@pytest.mark.parametrize(
    ("text", "size"),
    [("running shoes size 61", "61"), ("跑鞋 61码", "61"), ("size 61 boots", "61")],
)
def test_a_size_that_nothing_comes_in_is_kept(wish: Reading, text: str, size: str) -> None:
    assert wish(text).attributes["size"] == [size]


@pytest.mark.parametrize("text", ["running shoes for 61 year olds", "laptops size 61"])
def test_other_numbers_are_no_sizes(wish: Reading, text: str) -> None:
    assert "size" not in wish(text).attributes


@pytest.mark.parametrize("text", ["t-shirt under 20 in black", "鞋子200块以内", "under 30 pounds"])
def test_money_is_no_measure(wish: Reading, text: str) -> None:
    assert wish(text).price_max in (20, 200, 30)


def _shop(values: dict[str, list[str]]) -> Understander:
    facets = CatalogFacets(
        products=3,
        attributes={n: [ValueFacet(value=v, count=1) for v in of] for n, of in values.items()},
    )
    return Understander(Lexicon.load(), facets)


def test_units_are_the_catalogues_own() -> None:
    shop = _shop({"torque": ["40 Nm", "60 Nm", "90 Nm"], "depth": ["30 cm", "2 ft", "1 m"]})
    found = {
        text: [(c.slot, c.value) for c in shop.read(text, DialogueState()).changes if "." in c.slot]
        for text in ("things over 50 nm", "deeper than 50 cm")
    }
    assert found == {
        "things over 50 nm": [("attributes.torque", "60 Nm"), ("attributes.torque", "90 Nm")],
        "deeper than 50 cm": [("attributes.depth", "2 ft"), ("attributes.depth", "1 m")],
    }


@given(
    st.text(alphabet="0123456789., kgmlcmin升公斤米至少以上以内over under-between比大", max_size=40)
)
def test_any_soup_of_measures_is_read_in_order(understander: Understander, text: str) -> None:
    clean = fold(normalise(text))
    found = find_bounds(clean, understander.vocabulary)
    assert all(0 <= bound.start < bound.end <= len(clean) for bound in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("board games for 6 players", ["2-6", "4-10"]),
        ("6人玩的桌游", ["2-6", "4-10"]),
        ("board games for at least 7 people", ["4-10"]),
    ],
)
def test_numbers_without_a_unit_count_what_their_attribute_says(
    text: str, values: list[str]
) -> None:
    games = [
        Product(
            id=str(place),
            title=f"Game {place}",
            category_path=["Board Games"],
            currency="USD",
            attributes={"players": [players]},
            variants=[Variant(sku=str(place), price=20)],
        )
        for place, players in enumerate(["2-4", "2-6", "2", "4-10"])
    ]
    reader = Understander(Lexicon.load(), CatalogFacets.observe(games))
    changes = reader.read(text, DialogueState()).changes
    assert [c.value for c in changes if c.slot == "attributes.players"] == values
    assert not any(c.slot.startswith("price") for c in changes)
