import pytest

from assistant.dialogue.state import DialogueState
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.lexicon import Lexicon

WEIGHTS = ["900 g", "1.2 kg", "2.5 kg", "4 kg"]
SCREENS = ["11 inch", "13 inch", "15 inch", "17 inch"]


@pytest.fixture(scope="module")
def reader() -> Understander:
    laptops = [
        Product(
            id=str(place),
            title=f"Laptop {place}",
            category_path=["Laptops"],
            currency="USD",
            attributes={"weight": [weight], "screen_size": [screen]},
            variants=[Variant(sku=str(place), price=500)],
        )
        for place, (weight, screen) in enumerate(zip(WEIGHTS, SCREENS, strict=True))
    ]
    return Understander(Lexicon.load(), CatalogFacets.observe(laptops))


SHOWN = [
    ShownProduct(
        id=str(place),
        title=f"Laptop {place}",
        attributes={"weight": [WEIGHTS[place]], "screen_size": [SCREENS[place]]},
        price=500,
    )
    for place in (2, 1)
]
STATE = DialogueState(constraints=Constraints(category="Laptops"), shown=["2", "1"])


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("something lighter", "weight", WEIGHTS[:2]),
        ("do you have a lighter one?", "weight", WEIGHTS[:2]),
        ("有没有轻一点的", "weight", WEIGHTS[:2]),
        ("更轻的", "weight", WEIGHTS[:2]),
        ("a bigger one please", "screen_size", SCREENS[3:]),
        ("大一点的", "screen_size", SCREENS[3:]),
        ("something smaller", "screen_size", SCREENS[:2]),
        ("lighter than the second one", "weight", WEIGHTS[:1]),
    ],
)
def test_a_comparative_goes_beyond_what_was_shown(
    reader: Understander, text: str, name: str, values: list[str]
) -> None:
    heard = reader.read(text, STATE, SHOWN)
    slots = {c.slot for c in heard.changes if c.value}
    assert slots == {f"attributes.{name}"}
    assert [c.value for c in heard.changes if c.value] == values
    assert not heard.references


@pytest.mark.parametrize("text", ["a longer lasting battery", "lighter fluid", "which is lighter?"])
def test_other_words_are_no_comparative(reader: Understander, text: str) -> None:
    changes = reader.read(text, STATE, SHOWN).changes
    assert not any(c.slot.startswith("attributes.") for c in changes)


def test_nothing_is_compared_where_nothing_was_shown(reader: Understander) -> None:
    changes = reader.read("something lighter", DialogueState(), ()).changes
    assert not any(c.slot.startswith("attributes.") for c in changes)
