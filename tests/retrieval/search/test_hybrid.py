from collections.abc import Callable
from typing import Any

import pytest

from retrieval.constraints import Constraints
from retrieval.search.hybrid import HybridSearch
from retrieval.search.result import SearchResult

OpenShop = Callable[..., Any]


@pytest.fixture(scope="module")
def fashion(open_shop: OpenShop) -> HybridSearch:
    search: HybridSearch = open_shop("fashion").search()
    return search


@pytest.fixture(scope="module")
def furniture(open_shop: OpenShop) -> HybridSearch:
    search: HybridSearch = open_shop("furniture").search()
    return search


@pytest.fixture(scope="module")
def phones(open_shop: OpenShop) -> HybridSearch:
    search: HybridSearch = open_shop("phones_zh").search()
    return search


def ids(result: SearchResult) -> list[str]:
    return [candidate.id for candidate in result.candidates]


def test_the_words_of_the_query_find_their_product(
    fashion: HybridSearch, furniture: HybridSearch
) -> None:
    assert ids(fashion.search(Constraints(query="red dress"), 3))[0] == "dress-red"
    assert ids(furniture.search(Constraints(query="couch"), 3))[0] == "sofa"
    assert ids(furniture.search(Constraints(query="55 inch television stand"), 3))[0] == "tv-stand"


def test_a_kind_that_only_a_wider_category_stands_for_is_found_by_its_own_words(
    furniture: HybridSearch,
) -> None:
    found = furniture.search(Constraints(query="television stand", category="furniture"), 3)
    assert ids(found)[0] == "tv-stand"
    assert ids(furniture.search(Constraints(query="ottoman", category="furniture"), 3)) == []
    assert ids(furniture.search(Constraints(query="", category="furniture"), 3)) != []


@pytest.mark.parametrize(
    ("query", "expected"),
    [("手机", "p1"), ("蓝牙耳机", "p2"), ("55英寸电视", "p3"), ("充电宝", "p4"), ("256gb", "p1")],
)
def test_a_chinese_catalogue_is_found_in_chinese(
    phones: HybridSearch, query: str, expected: str
) -> None:
    assert ids(phones.search(Constraints(query=query), 3))[0] == expected


@pytest.mark.parametrize("query", ["连衣裙", "連衣裙"])
def test_a_bilingual_catalogue_is_found_in_either_script(fashion: HybridSearch, query: str) -> None:
    assert "dress-red" in ids(fashion.search(Constraints(query=query), 3))


@pytest.mark.parametrize("query", ["asdfgh", "helicopter", "car insurance", "qqqq zzzz"])
def test_nonsense_finds_nothing(fashion: HybridSearch, furniture: HybridSearch, query: str) -> None:
    assert fashion.search(Constraints(query=query), 5).candidates == []
    assert furniture.search(Constraints(query=query), 5).total == 0


def test_without_a_query_everything_fitting_is_listed_by_what_others_think(
    fashion: HybridSearch,
) -> None:
    result = fashion.search(Constraints(category="Dresses"), 10)
    assert ids(result) == ["dress-red", "dress-black"]
    assert result.total == 2


def test_an_umbrella_word_is_a_category(furniture: HybridSearch, fashion: HybridSearch) -> None:
    assert set(ids(fashion.search(Constraints(category="连衣裙"), 10))) == {
        "dress-red",
        "dress-black",
    }
    assert "sofa" in ids(furniture.search(Constraints(category="couches"), 10))


def test_an_unknown_category_has_no_products(fashion: HybridSearch) -> None:
    assert fashion.search(Constraints(category="Helicopters"), 10).total == 0


def test_the_variant_shown_is_one_that_fits(fashion: HybridSearch) -> None:
    wanted = Constraints(attributes={"color": ["brown"]}, price_max=100)
    [candidate] = fashion.search(wanted, 10).candidates
    assert candidate.variant.sku == "BO-39-BR"
    recorded = {s.name: s.value for s in candidate.satisfied}
    assert recorded == {"color": ["brown"], "price_max": 95}


def test_soft_wishes_choose_the_variant_but_exclude_nothing(furniture: HybridSearch) -> None:
    wanted = Constraints(query="desk", prefer_attributes={"color": ["Black"]})
    candidate = furniture.search(wanted, 1).candidates[0]
    assert candidate.variant.sku == "DE-B"


def test_matched_title_words_are_recorded_and_no_others(fashion: HybridSearch) -> None:
    candidate = fashion.search(Constraints(query="dresses for weddings"), 1).candidates[0]
    assert candidate.id == "dress-red"
    assert [e.values for e in candidate.evidence] == [{"words": ["dresses"]}]


def test_misspellings_are_mended_and_told(furniture: HybridSearch) -> None:
    result = furniture.search(Constraints(query="electrc standing desk"), 1)
    assert ids(result) == ["desk"]
    assert result.corrected == {"electrc": "electric"}


def test_excluded_ids_give_way_to_the_next(fashion: HybridSearch) -> None:
    wanted = Constraints(query="dress")
    first = ids(fashion.search(wanted, 1))
    second = ids(fashion.search(wanted, 1, exclude_ids=first))
    assert second
    assert second != first


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("price_asc", ["dress-red", "dress-black"]), ("price_desc", ["dress-black", "dress-red"])],
)
def test_sorting_orders_what_answers_the_query(
    fashion: HybridSearch, sort: Any, expected: list[str]
) -> None:
    assert ids(fashion.search(Constraints(category="Dresses", sort=sort), 5)) == expected
    assert ids(fashion.search(Constraints(sort="newest"), 1)) == ["tee"]
    assert ids(fashion.search(Constraints(sort="rating"), 1)) == ["dress-red"]


def test_prices_and_stock_are_those_of_sql(open_shop: OpenShop) -> None:
    shop = open_shop("fashion")
    search = shop.search()
    assert search.search(Constraints(query="raincoat"), 1).candidates[0].variant.price == 75
    [product] = shop.catalog.get_many(["raincoat"]).values()
    product.variants[0].price = 70
    shop.catalog.upsert_many([product])
    # The index has not been refreshed: its columns still say 75.
    assert search.search(Constraints(query="raincoat"), 1).candidates[0].variant.price == 70
    product.variants[0].in_stock = False
    shop.catalog.upsert_many([product])
    assert search.search(Constraints(query="raincoat"), 1).candidates == []


def test_relaxing_says_which_constraint_and_how_many(fashion: HybridSearch) -> None:
    wanted = Constraints(category="Dresses", attributes={"color": ["red"]}, price_max=30)
    assert fashion.search(wanted, 5).total == 0
    relaxations = {r.slot: r for r in fashion.relax(wanted)}
    assert relaxations["price_max"].constraints.price_max == 49
    assert relaxations["price_max"].total == 1
    assert "attributes.color" not in relaxations  # no dress at all is that cheap
    for relaxation in relaxations.values():
        assert fashion.search(relaxation.constraints, 5).total == relaxation.total


def test_a_lower_bound_is_widened_to_the_dearest(fashion: HybridSearch) -> None:
    wanted = Constraints(category="Dresses", price_min=500)
    [relaxation] = [r for r in fashion.relax(wanted) if r.slot == "price_min"]
    assert relaxation.constraints.price_min == 149
    [candidate] = fashion.search(relaxation.constraints, 5).candidates
    assert candidate.variant.sku == "DB-L"


def test_an_empty_catalogue_answers_with_nothing(open_shop: OpenShop) -> None:
    search = open_shop().search()
    assert search.search(Constraints(query="dress", category="x", price_max=3), 5).total == 0
    assert search.search(Constraints(), 5).candidates == []
    assert search.relax(Constraints(query="dress")) == []
