from dataclasses import dataclass, field

import pytest

from retrieval.lexicon import Lexicon


@dataclass
class Node:
    path: tuple[str, ...]
    translations: dict[str, list[str]] = field(default_factory=dict)
    count: int = 10


@dataclass
class Catalogue:
    categories: list[Node]


LEXICON = Lexicon.load()
SHOP = Catalogue(
    [
        Node(("Apparel",), {"zh": ["服饰"]}),
        Node(("Apparel", "Clothing Tops"), {"zh": ["服饰", "上衣"]}),
        Node(("Apparel", "Clothing Tops", "Sweaters"), {"zh": ["服饰", "上衣", "毛衣"]}),
        Node(("Apparel", "Coats & Jackets"), {"zh": ["服饰", "大衣与夹克"]}),
        Node(("Home", "Living room", "Sofas"), {"zh": ["家居", "客厅", "沙发"]}),
        Node(("Home", "Table Lamps"), {"zh": ["家居", "台灯"]}),
    ]
)


def found(text: str) -> list[tuple[str, str, str]]:
    return [(m.name, m.value, text[m.start : m.end]) for m in LEXICON.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("navy blue shirts", [("color", "navy", "navy blue"), ("category", "shirt", "shirts")]),
        ("Jet-Black boots", [("color", "black", "Jet-Black"), ("category", "boots", "boots")]),
        (
            "faux leather sofa",
            [("material", "faux leather", "faux leather"), ("category", "sofa", "sofa")],
        ),
        (
            "深藍色的羊毛大衣",
            [
                ("color", "navy", "深藍色"),
                ("material", "wool", "羊毛"),
                ("category", "coat", "大衣"),
            ],
        ),
        ("blacksmith", []),
        ("网红款", []),
        ("2 XL", [("size", "XXL", "2 XL")]),
    ],
)
def test_find(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(text) == expected


def test_find_can_be_restricted_to_one_language() -> None:
    assert [m.value for m in LEXICON.find("red 裙子", "en")] == ["red"]


@pytest.mark.parametrize(
    ("label", "nodes"),
    [
        ("tops", {("Apparel", "Clothing Tops")}),
        ("上衣", {("Apparel", "Clothing Tops")}),
        ("sweater", {("Apparel", "Clothing Tops", "Sweaters")}),
        ("coat", {("Apparel", "Coats & Jackets")}),
        ("furniture", {("Home", "Living room", "Sofas")}),
        ("lighting", {("Home", "Table Lamps")}),
        ("laptop", set()),
        ("no such thing", set()),
    ],
)
def test_category_nodes(label: str, nodes: set[tuple[str, ...]]) -> None:
    assert LEXICON.category_nodes(label, SHOP) == nodes


def test_a_name_in_another_number_is_the_same_name() -> None:
    shop = Catalogue([Node(("Dress",), count=1), Node(("Apparel", "Dresses"), count=224)])
    both = {("Dress",), ("Apparel", "Dresses")}
    assert LEXICON.category_nodes("dress", shop) == LEXICON.category_nodes("Dresses", shop) == both


def test_a_stray_node_does_not_hide_the_nodes_of_its_kind() -> None:
    stray, full = Node(("Top",), count=1), Node(("Apparel", "Clothing Tops"), count=700)
    assert LEXICON.category_nodes("top", Catalogue([stray, full])) == {stray.path, full.path}
    chinos, trousers = Node(("Trousers", "Chinos"), count=1), Node(("Trousers",), count=90)
    assert LEXICON.category_nodes("chinos", Catalogue([trousers, chinos])) == {chinos.path}
    beds, dog_beds = Node(("Beds",), count=40), Node(("Pets", "Dog beds"), count=20)
    assert LEXICON.category_nodes("beds", Catalogue([beds, dog_beds])) == {beds.path}


def test_a_node_that_only_sets_a_scene_is_not_the_kind() -> None:
    shop = Catalogue(
        [
            Node(("Computers", "Desk")),
            Node(("Computers", "Desk", "Keyboards")),
            Node(("Office", "Desks")),
        ]
    )
    assert LEXICON.category_nodes("desk", shop) == {("Office", "Desks")}


def test_labels_and_canonical_keys() -> None:
    assert LEXICON.label("color", "navy", "zh") == "藏青色"
    assert LEXICON.label("color", "Midnight Blue", "en") == "Midnight Blue"
    assert LEXICON.label("color", "unheard-of", "zh") == "unheard-of"
    assert LEXICON.canonical("color", "Jet Black") == "black"
    assert LEXICON.canonical("material", "Jet Black") is None
    assert LEXICON.attribute_name("颜色分类") == "color"
    assert LEXICON.attribute_name("Shoe Size") == "size"


def test_the_data_is_whole() -> None:
    for concept in LEXICON.concepts():
        assert concept.en and concept.zh, concept
        if concept.family:
            assert LEXICON.concept(concept.name, concept.family), concept
        for kind in concept.kinds:
            assert LEXICON.concept("category", kind), (concept.value, kind)
