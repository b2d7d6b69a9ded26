import pytest

from assistant.reply.wish import WishWriter, category_words_left_out
from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product, ProductText, Variant
from retrieval.constraints import Constraints
from retrieval.lexicon import Lexicon


@pytest.fixture(scope="module")
def writer() -> WishWriter:
    text = ProductText(
        title="连衣裙",
        category_path=["服装", "连衣裙"],
        attributes={"color": ["藏青色"], "wireless": ["是"]},
    )
    product = Product(
        id="p",
        title="Dress",
        category_path=["Clothing", "Dresses"],
        currency="EUR",
        attributes={"wireless": ["yes"]},
        variants=[Variant(sku="s", price=5, attributes={"color": "Navy"})],
        translations={"zh": text},
    )
    return WishWriter(Lexicon.load(), CatalogFacets.observe([product]))


@pytest.mark.parametrize(
    ("wish", "english", "chinese"),
    [
        (Constraints(category="Dresses", price_max=60), "dresses, under €60", "连衣裙、€60以内"),
        (
            Constraints(price_min=5, price_max=60, rating_min=4),
            "€5 to €60, rated 4 or better",
            "€5到€60、评分4以上",
        ),
        (
            Constraints(query="summer dress", category="Dresses", exclude={"color": ["Navy"]}),
            "summer dresses, not Navy",
            None,
        ),
        (
            Constraints(query="wedding", prefer_attributes={"occasion": ["wedding"]}),
            "wedding",
            "wedding",
        ),
        (Constraints(attributes={"wireless": ["yes"]}), "wireless", None),
        (Constraints(attributes={"size": ["43", "44"]}), "size 43 or 44", "尺码43或44"),
        (Constraints(attributes={"size": ["XL"]}), "size XL", "尺码XL"),
        (Constraints(attributes={"players": ["4"]}), "players 4", None),
        (
            Constraints(attributes={"size": [str(n) for n in range(36, 44)]}),
            "size as asked",
            "尺码符合要求",
        ),
        (Constraints(query="big tv", category="Electronics"), "big tv", "big tv"),
        (Constraints(query="cheap", category="Electronics"), "cheap electronics", None),
        (Constraints(sort="price_asc"), "cheapest first", "价格从低到高"),
        (Constraints(), "", ""),
    ],
)
def test_a_wish_in_words(writer, wish, english, chinese):
    assert writer.write(wish, "en") == english
    if chinese is not None:
        assert writer.write(wish, "zh") == chinese


def test_aspects_are_named(writer):
    wish = Constraints(avoid_aspects=["sizing"], prefer_aspects=["battery"])
    assert writer.write(wish, "en") == "sizing not judged badly, good battery life"
    assert writer.write(wish, "zh") == "尺码口碑不差、续航口碑好"


def test_only_words_of_the_category_are_left_out():
    assert category_words_left_out("red dress dresses", ["Dresses"]) == "red"
    assert category_words_left_out("dressing gown", ["Dresses"]) == "dressing gown"
    assert category_words_left_out("", ["Dresses"]) == ""
    assert category_words_left_out("夏天 连衣裙", ["连衣裙"]) == "夏天"
    assert category_words_left_out("围巾 蓝色", ["围巾手套"]) == "蓝色"
    assert category_words_left_out("围巾架", ["围巾"]) == "围巾架"
