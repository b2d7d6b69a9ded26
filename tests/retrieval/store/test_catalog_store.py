from datetime import UTC, datetime
from threading import Thread

import pytest

from retrieval.catalog.product import Product, ProductText, Variant
from retrieval.errors import ProductNotFoundError
from retrieval.store import CatalogStore, Selling, Sessions, UpsertCounts


def product(key: str = "p1", price: float = 20.0, **fields: object) -> Product:
    values: dict[str, object] = {
        "id": key,
        "title": f"Coat {key}",
        "category_path": ["Clothing", "Coats"],
        "attributes": {"material": ["wool"], "a": ["1"]},
        "variants": [
            Variant(sku="m", price=price, stock=3, attributes={"size": "M"}),
            Variant(sku="l", price=price + 5, attributes={"size": "L"}),
        ],
        "translations": {"zh": ProductText(title="大衣")},
        "created_at": datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
    }
    return Product.model_validate(values | fields)


@pytest.fixture
def catalog(sessions: Sessions) -> CatalogStore:
    return CatalogStore(sessions)


def test_a_product_comes_back_as_it_went_in(catalog: CatalogStore) -> None:
    before = product()
    assert catalog.upsert_many([before]) == UpsertCounts(created=1)
    assert catalog.get("p1") == before
    assert list(catalog.get("p1").attributes) == ["material", "a"]


def test_an_unknown_product_is_an_error_and_left_out_of_many(catalog: CatalogStore) -> None:
    catalog.upsert_many([product("a"), product("b")])
    with pytest.raises(ProductNotFoundError):
        catalog.get("c")
    assert list(catalog.get_many(["b", "c", "a", "b"])) == ["b", "a"]


def test_a_second_import_changes_nothing(catalog: CatalogStore) -> None:
    products = [product(f"p{i}") for i in range(5)]
    catalog.upsert_many(products)
    revision = catalog.revision()
    assert catalog.upsert_many(products) == UpsertCounts(unchanged=5)
    assert catalog.revision() == revision


@pytest.mark.parametrize(
    "fields", [{"title": "Other"}, {"price": 21.0}, {"rating": 4.5}, {"tags": ["new"]}]
)
def test_a_changed_product_carries_the_new_revision(
    catalog: CatalogStore, fields: dict[str, object]
) -> None:
    catalog.upsert_many([product("a"), product("b")])
    before = catalog.revision()
    after = product("b", **fields)  # type: ignore[arg-type]
    assert catalog.upsert_many([product("a"), after]) == UpsertCounts(updated=1, unchanged=1)
    assert [change.id for change in catalog.changed_since(before)] == ["b"]
    assert catalog.get("b") == after


def test_fewer_variants_replace_more(catalog: CatalogStore) -> None:
    catalog.upsert_many([product()])
    smaller = product(variants=[Variant(sku="l", price=1), Variant(sku="x", price=2)])
    catalog.upsert_many([smaller])
    assert catalog.get("p1") == smaller


def test_a_price_change_leaves_the_text_hash_alone(catalog: CatalogStore) -> None:
    catalog.upsert_many([product()])
    [first] = catalog.changed_since(0)
    assert catalog.update_stock_price([Selling("p1", "m", price=9.0, stock=0)]) == 1
    [second] = catalog.changed_since(first.revision)
    assert second.text_hash == first.text_hash
    changed = catalog.get("p1").variants[0]
    assert (changed.price, changed.stock, changed.in_stock) == (9.0, 0, False)
    assert catalog.get("p1").price == 25.0
    assert catalog.upsert_many([product()]) == UpsertCounts(updated=1)


def test_a_price_that_is_the_same_and_an_unknown_variant_change_nothing(
    catalog: CatalogStore,
) -> None:
    catalog.upsert_many([product()])
    revision = catalog.revision()
    same = [Selling("p1", "m", price=20.0), Selling("p1", "no", price=1), Selling("no", "m")]
    assert catalog.update_stock_price(same) == 0
    assert catalog.revision() == revision


def test_what_is_gone_is_removed_and_can_return(catalog: CatalogStore) -> None:
    catalog.upsert_many([product("a"), product("b")])
    revision = catalog.revision()
    assert catalog.remove_missing({"a"}) == 1
    assert catalog.remove_missing({"a"}) == 0
    assert [(c.id, c.removed) for c in catalog.changed_since(revision)] == [("b", True)]
    assert list(catalog.get_many(["a", "b"])) == ["a"]
    assert [p.id for p in catalog.scan()] == ["a"]
    assert catalog.upsert_many([product("b")]) == UpsertCounts(created=1)
    assert catalog.count() == 2


def test_a_scan_crosses_batches(catalog: CatalogStore) -> None:
    catalog.upsert_many(product(f"p{i:03}") for i in range(25))
    assert [p.id for p in catalog.scan(batch=10)] == [f"p{i:03}" for i in range(25)]
    catalog.remove_missing({"p024"})
    assert [p.id for p in catalog.scan(batch=10)] == ["p024"]


def test_the_state_of_an_empty_and_of_a_described_catalogue(catalog: CatalogStore) -> None:
    assert catalog.is_empty()
    assert catalog.state().revision == 0
    catalog.describe(currency="EUR", is_demo=True)
    catalog.upsert_many([product()])
    catalog.describe(is_demo=False)
    state = catalog.state()
    assert (state.revision, state.currency, state.is_demo) == (1, "EUR", False)
    assert state.updated_at.tzinfo is UTC
    assert not catalog.is_empty()


def test_writers_at_the_same_time_lose_nothing(catalog: CatalogStore) -> None:
    def write(name: str) -> None:
        for number in range(10):
            catalog.upsert_many([product(f"{name}{number}")])

    writers = [Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert catalog.count() == 30
    assert catalog.revision() == 30
