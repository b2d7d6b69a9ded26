from collections.abc import Iterable

import pytest

from retrieval.catalog import facets as module
from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product, ProductText, Variant


def product(key: int, price: float = 10, **fields: object) -> Product:
    values: dict[str, object] = {
        "id": f"p{key}",
        "title": "Thing",
        "variants": [Variant(sku="1", price=price)],
    }
    return Product.model_validate(values | fields)


def furniture() -> Iterable[Product]:
    yield product(
        1,
        400,
        category_path=["Home", "Sofas"],
        brand="Oslo",
        attributes={"material": ["Oak", "wool"]},
        translations={
            "zh": ProductText(
                title="沙发",
                category_path=["家居", "沙发"],
                brand="奥斯陆",
                attributes={"material": ["橡木", "羊毛"]},
            )
        },
    )
    yield product(
        2, 100, category_path=["Home", "Chairs"], brand="OSLO", attributes={"material": ["oak"]}
    )
    yield product(
        3, 120, category_path=["Home", "Chairs"], brand="Oslo", attributes={"material": ["Oak"]}
    )


def test_a_furniture_shop_describes_itself() -> None:
    seen = CatalogFacets.observe(furniture())
    assert [(node.path, node.count) for node in seen.categories] == [
        (("Home",), 3),
        (("Home", "Chairs"), 2),
        (("Home", "Sofas"), 1),
    ]
    assert [node.name for node in seen.departments()] == ["Chairs", "Sofas"]
    sofas = seen.category(["Home", "Sofas"])
    assert sofas is not None
    assert sofas.label("zh") == "沙发"
    assert sofas.label("en") == "Sofas"
    assert (sofas.price.low, sofas.price.high, sofas.price.quantiles[50]) == (400, 400, 400)
    assert seen.price is not None
    assert (seen.price.low, seen.price.high) == (100, 400)
    assert seen.languages == {"en": 3, "zh": 1}


def test_spellings_that_differ_in_case_are_one_value() -> None:
    seen = CatalogFacets.observe(furniture())
    assert [(v.value, v.count) for v in seen.attributes["material"]] == [("Oak", 3), ("wool", 1)]
    assert [(v.value, v.count) for v in seen.brands] == [("Oslo", 3)]
    oak = seen.value("material", "OAK")
    assert oak is not None
    assert oak.label("zh") == "橡木"
    brand = seen.value("brand", "oslo")
    assert brand is not None
    assert brand.translations == {"zh": "奥斯陆"}


def test_the_json_round_trip_keeps_everything() -> None:
    seen = CatalogFacets.observe(furniture())
    assert CatalogFacets.model_validate_json(seen.model_dump_json()) == seen


def test_an_empty_catalogue_has_empty_facets() -> None:
    assert CatalogFacets.observe([]) == CatalogFacets()


def test_variant_attributes_count_once_per_product() -> None:
    sizes = [Variant(sku=str(n), price=1, attributes={"size": s}) for n, s in enumerate("SMM")]
    seen = CatalogFacets.observe([product(1, variants=sizes)])
    assert [(v.value, v.count) for v in seen.attributes["size"]] == [("M", 1), ("S", 1)]


def test_values_are_bounded_and_the_frequent_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "VALUES_KEPT", 10)

    def many() -> Iterable[Product]:
        for number in range(1000):
            yield product(number, attributes={"note": [f"unique {number}", "common"]})

    values = CatalogFacets.observe(many()).attributes["note"]
    assert len(values) == 10
    assert (values[0].value, values[0].count) == ("common", 1000)


def test_quantiles_of_many_prices_come_from_a_sample() -> None:
    seen = CatalogFacets.observe(product(n, n % 1000) for n in range(20_000))
    assert seen.price is not None
    assert (seen.price.low, seen.price.high) == (0, 999)
    assert seen.price.quantiles[50] == pytest.approx(500, abs=80)
