"""Every product of the whole demo store, in both languages."""

import re
from collections import Counter, defaultdict

import pytest

from retrieval.catalog.product import Product
from retrieval.demo.blueprint import blueprint
from retrieval.demo.generator import demo_products
from retrieval.demo.products import repair_articles, shelf_price, title_case

HAN = re.compile(r"[\u3400-\u9fff]")
# Abbreviations and names that Chinese shops write in Latin letters too.
WORD = re.compile(r"[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*")
LATIN_IN_CHINESE = frozenset(
    WORD.findall(
        "5G 4G USB USB-C HDMI RCA Wi-Fi GB TB LED OLED UV TPE SPF30 SPF50 QHD 2K 4K Pro Lite "
        "XS S M L XL XXL 3XL T Polo A V C"
    )
)


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return demo_products()


def test_the_shop_is_large_enough(products: list[Product]) -> None:
    departments = {product.category_path[0] for product in products}
    assert len(products) >= 1500
    assert sum(len(product.variants) for product in products) >= 4000
    assert len(departments) >= 12
    assert min(Counter(p.category_path[0] for p in products).values()) >= 50


def test_ids_skus_and_titles_are_unique(products: list[Product]) -> None:
    skus = [variant.sku for product in products for variant in product.variants]
    assert len({product.id for product in products}) == len(products)
    assert len(set(skus)) == len(skus)
    assert len({product.title.casefold() for product in products}) == len(products)
    assert len({product.text("zh").title for product in products}) == len(products)


def test_english_is_english(products: list[Product]) -> None:
    for product in products:
        values = [value for found in product.all_attributes().values() for value in found]
        text = " ".join([product.title, product.description, *product.category_path, *values])
        assert not HAN.search(text), product.id
        assert "{" not in text and "(n)" not in text and "  " not in text, text


def test_chinese_is_whole(products: list[Product]) -> None:
    for product in products:
        chinese = product.text("zh")
        assert len(chinese.category_path) == len(product.category_path)
        assert chinese.brand and HAN.search(chinese.brand)
        every = product.all_attributes()
        assert {name: len(values) for name, values in chinese.attributes.items()} == {
            name: len(values) for name, values in every.items()
        }
        text = chinese.title + chinese.description + " ".join(chinese.category_path)
        left = {word for word in WORD.findall(text) if word not in LATIN_IN_CHINESE}
        left = {word for word in left if not re.fullmatch(r"\d+(GB|TB)", word)}
        assert not left, (product.id, left, text)


def test_attribute_values_are_translated(products: list[Product]) -> None:
    for product in products:
        for name, values in product.text("zh").attributes.items():
            for value in values:
                latin = {word for word in WORD.findall(value) if word not in LATIN_IN_CHINESE}
                assert all(re.fullmatch(r"\d+(GB|TB)", word) for word in latin), (name, value)


def test_prices_spread_in_every_department(products: list[Product]) -> None:
    prices = defaultdict(list)
    for product in products:
        prices[product.category_path[0]].append(product.price)
    for department, found in prices.items():
        assert max(found) / min(found) >= 5, department
    assert min(map(min, prices.values())) < 5
    assert 2000 < max(map(max, prices.values())) <= 4000


def test_dearer_capacity_costs_more(products: list[Product]) -> None:
    phones = [p for p in products if p.category_path[-1] == "Smartphones"]
    assert phones
    for phone in phones:
        by_color = defaultdict(list)
        for variant in phone.variants:
            by_color[variant.attributes["color"]].append(variant.price)
        for prices in by_color.values():
            assert prices == sorted(prices)


def test_some_products_and_some_variants_are_sold_out(products: list[Product]) -> None:
    sold_out = [product for product in products if not product.in_stock]
    partly = [p for p in products if p.in_stock and any(not v.in_stock for v in p.variants)]
    assert 0.02 < len(sold_out) / len(products) < 0.15
    assert len(partly) > 100


def test_a_description_names_only_its_own_material(products: list[Product]) -> None:
    for product in products:
        told = re.search(r"Made of ([a-z -]+?)[.,]", product.description)
        if told and "material" in product.attributes:
            assert product.attributes["material"][0].split()[-1] in told[1], product.id


def test_every_category_leads_back_to_its_type(products: list[Product]) -> None:
    assert all(blueprint().type_at(product.category_path) for product in products)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a(n) elegant dress", "an elegant dress"),
        ("A(n) unisex hat", "A unisex hat"),
        ("a(n) ultrabook", "an ultrabook"),
        ("a(n) USB-C monitor", "a USB-C monitor"),
        ("a(n) wool coat", "a wool coat"),
    ],
)
def test_articles(raw: str, shown: str) -> None:
    assert repair_articles(raw) == shown


def test_titles_are_cased_like_titles() -> None:
    assert title_case("red over-ear bag in oak, 250 ml") == "Red Over-Ear Bag in Oak, 250 ml"


def test_shelf_prices() -> None:
    assert [shelf_price(x) for x in (3.3, 21.2, 131, 1234)] == [3.49, 20.99, 129.0, 1229.0]
