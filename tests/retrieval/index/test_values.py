import pytest

from retrieval.index.values import asked_key, held_keys


def answers(name: str, value: str, asked: str) -> bool:
    return asked_key(name, asked) in held_keys(name, value)


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [
        ("color", "Navy", "blue"),
        ("color", "藏青色", "Blue"),
        ("color", "深藍色", "蓝色"),  # traditional characters
        ("color", "Light Blue", "蓝色"),
        ("color", "Jet Black", "黑色"),
        ("color", "grey", "gray"),
        ("color", "Charcoal Grey", "灰色"),
        ("color", "Navy/White", "white"),
        ("material", "Genuine Leather", "leather"),
        ("material", "Full-grain leather", "皮革"),
        ("material", "Suede", "真皮"),
        ("material", "Italian leather", "leather"),
        ("material", "80% Cotton, 20% Linen", "linen"),
        ("material", "橡木", "wood"),
        ("material", "Walnut wood", "木"),
        ("material", "北美黑胡桃木", "wood"),
        ("size", "Large", "L"),
        ("brand", "ＡＣＭＥ", "acme"),
        ("feature_no_lexicon_has", "Foldable", "foldable"),
    ],
)
def test_a_value_answers_for_its_synonyms_and_its_family(name: str, value: str, asked: str) -> None:
    assert answers(name, value, asked)


@pytest.mark.parametrize(
    ("name", "value", "asked"),
    [
        ("color", "blue", "navy"),
        ("color", "蓝色", "藏青色"),
        ("color", "sky blue", "navy"),
        ("color", "Navy", "black"),
        ("material", "Faux leather", "leather"),
        ("material", "仿皮", "真皮"),
        ("material", "vegan leather", "皮革"),
        ("material", "faux suede", "suede"),
        ("material", "Suede-look polyester", "suede"),
        ("material", "仿麂皮绒", "leather"),
        ("material", "leather-free", "leather"),
        ("material", "steel", "wood"),
        ("size", "L", "XL"),
        ("brand", "Acme", "Acme Home"),
    ],
)
def test_a_value_answers_for_nothing_narrower_or_else(name: str, value: str, asked: str) -> None:
    assert not answers(name, value, asked)
