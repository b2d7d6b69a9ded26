import pytest

from assistant.dialogue.named import named
from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, ProductText, Variant


def candidate(title: str, chinese: str) -> Candidate:
    product = Product(
        id=title,
        title=title,
        category_path=["Climate", "Fans"],
        variants=[Variant(sku=title, price=30)],
        translations={"zh": ProductText(title=chinese)},
    )
    return Candidate(product=product, variant=product.variants[0])


LISTED = [
    candidate("Gale desk fan", "狂风台式风扇"),
    candidate("Quiet desk fan", "静静台式风扇"),
    candidate("Mistral tower fan", "海风塔扇"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("what do people say about the Gale?", ["Gale desk fan"]),
        ("is the tower loud, and the gale?", ["Gale desk fan", "Mistral tower fan"]),
        ("is the desk fan any good?", []),
        ("is it quiet?", []),
        ("which one is best?", []),
        ("", []),
    ],
)
def test_a_word_of_one_title_alone_names_it(text: str, found: list[str]) -> None:
    assert [c.id for c in named(LISTED, text, "en")] == found


def test_two_characters_of_one_title_name_it() -> None:
    assert [c.id for c in named(LISTED, "狂风的缺点是什么", "zh")] == ["Gale desk fan"]
    assert named(LISTED, "台式风扇评价好吗", "zh") == []
