"""The columns against the same rules said of one product at a time, and by example."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.index.columns import Columns
from retrieval.index.columns_builder import ColumnsBuilder
from retrieval.search.fit import fitting_variants
from retrieval.store.catalog_store import Standing

Read = Callable[[str], list[Product]]

COLORS = ["black", "Navy", "红色"]
SIZES = ["S", "M"]
TITLES = ["Leather boots", "Faux leather bag", "真皮沙发", "Red dress", "connect"]
PATHS = [["Shoes"], ["Shoes", "Boots"], ["Home", "Sofas"], []]


def columns_of(products: list[Product]) -> Columns:
    builder = ColumnsBuilder()
    for product in products:
        builder.add(product)
    return builder.build()


def passing(columns: Columns, wanted: Constraints) -> set[str]:
    return {columns.ids[row] for row in np.flatnonzero(columns.mask(wanted).products)}


@st.composite
def products(draw: st.DrawFn) -> list[Product]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        variants = [
            Variant(
                sku=f"{number}-{v}",
                price=draw(st.sampled_from([5.0, 10.0, 20.0])),
                in_stock=draw(st.booleans()),
                attributes=draw(
                    st.fixed_dictionaries(
                        {},
                        optional={"color": st.sampled_from(COLORS), "size": st.sampled_from(SIZES)},
                    )
                ),
            )
            for v in range(draw(st.integers(1, 3)))
        ]
        shared = draw(st.dictionaries(st.just("color"), st.lists(st.sampled_from(COLORS))))
        found.append(
            Product(
                id=str(number),
                title=draw(st.sampled_from(TITLES)),
                category_path=draw(st.sampled_from(PATHS)),
                brand=draw(st.sampled_from([None, "Acme", "云雀"])),
                attributes=shared,
                variants=variants,
                rating=draw(st.sampled_from([None, 3.0, 4.5])),
            )
        )
    return found


@st.composite
def wishes(draw: st.DrawFn) -> Constraints:
    values = st.lists(st.sampled_from([*COLORS, "ＢＬＡＣＫ", "green"]), max_size=2)
    return Constraints(
        category=draw(st.sampled_from([None, "shoes", "Boots", "Nothing"])),
        price_min=draw(st.sampled_from([None, 6.0])),
        price_max=draw(st.sampled_from([None, 10.0])),
        rating_min=draw(st.sampled_from([None, 4.0])),
        attributes=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "color": values,
                    "size": st.just(["m"]),
                    "brand": st.just(["ACME", "云雀"]),
                },
            )
        ),
        exclude=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "color": values,
                    "brand": st.just(["acme"]),
                    "category": st.just(["Home"]),
                    "text": st.sampled_from([["leather"], ["真皮"], ["red dress"], ["con"]]),
                },
            )
        ),
        in_stock_only=draw(st.booleans()),
    )


@settings(deadline=None)  # the first example loads the dictionaries
@given(products(), wishes())
def test_the_mask_agrees_with_the_rules_for_one_product(
    catalogue: list[Product], wanted: Constraints
) -> None:
    columns = columns_of(catalogue)
    mask = columns.mask(wanted)
    nodes = {label: columns.named(label) for label in ("shoes", "Boots", "Nothing", "Home")}
    for row, product in enumerate(catalogue):
        fitting = {variant.sku for variant in fitting_variants(product, wanted, nodes)}
        assert mask.products[row] == bool(fitting)
        best = int(columns.best(mask, np.array([row]))[0])
        assert (columns.skus[best] in fitting) if fitting else best == -1
        if fitting:
            key = [(not v.in_stock, v.price) for v in product.variants if v.sku in fitting]
            assert (not columns.in_stock[best], columns.price[best]) == min(key)


@settings(deadline=None)
@given(products(), products(), wishes())
def test_columns_joined_answer_like_columns_of_all(
    first: list[Product], second: list[Product], wanted: Constraints
) -> None:
    renamed = [product.model_copy(update={"id": f"second-{product.id}"}) for product in second]
    whole, joined = columns_of([*first, *renamed]), columns_of(first).joined(columns_of(renamed))
    np.testing.assert_array_equal(joined.mask(wanted).variants, whole.mask(wanted).variants)
    rows = np.flatnonzero(whole.mask(wanted).products)
    np.testing.assert_array_equal(
        joined.best(joined.mask(wanted), rows), whole.best(whole.mask(wanted), rows)
    )
    assert list(joined.ids) == list(whole.ids)
    assert [joined.row(key) for key in whole.ids] == list(range(len(whole.ids)))


@pytest.fixture(scope="module")
def fashion(shop_products: Read) -> Columns:
    return columns_of(shop_products("fashion"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"attributes": {"color": ["BLACK"]}}, {"dress-black", "boots", "tee"}),
        ({"attributes": {"color": ["black"], "size": ["40"]}}, set()),  # sold out
        (
            {"attributes": {"color": ["black"], "size": ["39"]}},
            set(),
        ),  # two variants
        ({"attributes": {"color": ["white"]}}, set()),  # white is the variant that is sold out
        ({"attributes": {"color": ["floral"]}}, {"tee"}),  # of the product, hence of each variant
        ({"attributes": {"brand": ["lunetta"]}}, {"dress-red", "dress-black"}),
        ({"attributes": {"brand": ["露内塔"]}}, {"dress-red", "dress-black"}),
        ({"exclude": {"color": ["black"]}}, {"dress-red", "boots", "raincoat"}),
        ({"exclude": {"material": ["Leather"]}}, {"dress-red", "dress-black", "tee", "raincoat"}),
        ({"exclude": {"text": ["dresses"]}}, {"dress-black", "boots", "tee", "raincoat"}),
        ({"exclude": {"text": ["真皮"]}}, {"dress-red", "dress-black", "tee", "raincoat"}),
        ({"exclude": {"category": ["clothing"]}}, {"boots"}),
        ({"category": "鞋"}, {"boots"}),
        ({"category": "Clothing", "price_max": 49}, {"dress-red", "tee"}),
        ({"rating_min": 4.6}, {"dress-red", "raincoat"}),
    ],
)
def test_hard_constraints(fashion: Columns, wanted: dict[str, object], expected: set[str]) -> None:
    assert passing(fashion, Constraints.model_validate(wanted)) == expected


def test_sold_out_variants_count_when_asked_for(fashion: Columns) -> None:
    wanted = Constraints(attributes={"color": ["white"]}, in_stock_only=False)
    mask = fashion.mask(wanted)
    assert passing(fashion, wanted) == {"tee"}
    rows = np.flatnonzero(mask.products)
    assert [fashion.skus[row] for row in fashion.best(mask, rows)] == ["TE-WH"]


def test_saved_columns_are_the_same(fashion: Columns, tmp_path: Path) -> None:
    fashion.save(tmp_path)
    loaded = Columns.load(tmp_path)
    for wanted in (
        Constraints(),
        Constraints(category="连衣裙", attributes={"color": ["red"]}),
        Constraints(exclude={"text": ["leather"]}),
    ):
        np.testing.assert_array_equal(loaded.mask(wanted).variants, fashion.mask(wanted).variants)
    assert list(loaded.ids) == list(fashion.ids)
    assert [loaded.row(key) for key in fashion.ids] == list(range(len(fashion.ids)))


def test_a_refresh_leaves_the_old_columns_as_they_were(shop_products: Read) -> None:
    catalogue = shop_products("fashion")
    columns = columns_of(catalogue)
    boots = next(product for product in catalogue if product.id == "boots")
    boots.variants[0].price = 20
    del boots.variants[1]
    variants = {v.sku: (v.price, v.in_stock) for v in boots.variants}
    now = Standing(boots.id, boots.rating, boots.review_count, variants)
    refreshed = columns.refreshed([now], removed=["tee"])
    assert passing(refreshed, Constraints(price_max=20)) == {"boots"}
    assert passing(columns, Constraints(price_max=20)) == {"tee"}
    assert passing(refreshed, Constraints(attributes={"color": ["brown"]})) == set()


def test_no_products_at_all() -> None:
    columns = columns_of([])
    assert not len(columns.mask(Constraints(category="x", exclude={"text": ["y"]})).products)
