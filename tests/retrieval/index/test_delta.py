"""What changes after a build is searchable at once, beside what the build holds."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.index import live as live_module
from retrieval.index.lexical import LexicalDocument, LexicalIndex
from retrieval.index.lexical_builder import LexicalBuilder
from retrieval.search.hybrid import HybridSearch
from retrieval.store.catalog_store import Selling

OpenShop = Callable[..., Any]


def lantern(
    key: str = "lantern", title: str = "Zyxomat paper lantern", price: float = 9
) -> Product:
    return Product(
        id=key,
        title=title,
        brand="Zyxomat",
        category_path=["Lamps", "Lanterns"],
        variants=[Variant(sku=key, price=price)],
    )


def ids(search: HybridSearch, query: str, **wanted: Any) -> list[str]:
    return [c.id for c in search.search(Constraints(query=query, **wanted), 5).candidates]


def test_new_products_are_found_by_words_meaning_and_filters(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    live = shop.live()
    search = shop.search(live)
    generation = live.snapshot.generation
    shop.catalog.upsert_many([lantern()])
    live.refresh()
    assert live.snapshot.generation == generation
    assert ids(search, "zyxomat") == ["lantern"]
    assert ids(search, "paper light")[0] == "lantern"
    assert ids(search, "", attributes={"brand": ["zyxomat"]}) == ["lantern"]
    assert ids(search, "", category="Lanterns") == ["lantern"]
    assert ids(search, "zyxomat", price_max=8) == []
    live.stop()


def test_a_changed_text_replaces_the_old_one_again_and_again(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    live = shop.live()
    search = shop.search(live)
    desk = shop.catalog.get("desk")
    for word in ("Zyxomat", "Quillfish", "Brontide"):
        shop.catalog.upsert_many([desk.model_copy(update={"title": f"{word} writing desk"})])
        live.refresh()
        assert ids(search, word.lower()) == ["desk"]
        assert ids(search, "writing desk").count("desk") == 1
    assert (
        ids(search, "zyxomat") != ["desk"]
        or not search.search(Constraints(query="zyxomat"), 5).candidates[0].lexical
    )
    shop.catalog.update_stock_price([Selling("desk", v.sku, price=7) for v in desk.variants])
    live.refresh()
    assert ids(search, "writing desk", price_max=7) == ["desk"]
    shop.catalog.remove_missing({"sofa", "lamp", "tv-stand", "bunk"})
    live.refresh()
    assert "desk" not in ids(search, "writing desk")
    shop.catalog.upsert_many([desk])
    live.refresh()
    assert ids(search, "desk")[0] == "desk"
    live.stop()


def test_another_variant_comes_with_its_values(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    live = shop.live()
    lamp = shop.catalog.get("lamp")
    lamp.variants[0].sku = "renamed"
    shop.catalog.upsert_many([lamp])
    live.refresh()
    columns = live.snapshot.columns
    row = columns.row("lamp")
    assert columns.skus[columns.variants(row)[0]] == "renamed"
    assert ids(shop.search(live), "lamp")[0] == "lamp"
    live.stop()


def test_the_next_build_takes_the_delta_in(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop("furniture")
    live = shop.live()
    search = shop.search(live)
    shop.catalog.upsert_many([lantern()])
    live.refresh()
    assert live.snapshot.added == 1
    monkeypatch.setattr(live_module, "_MERGE_AFTER_S", 0.0)
    monkeypatch.setattr(live_module, "_MERGE_SHARE", 0)
    first = live.snapshot.generation
    deadline = time.monotonic() + 20
    while live.snapshot.generation == first and time.monotonic() < deadline:
        live.refresh()
        assert ids(search, "zyxomat") == ["lantern"]  # before, during and after
    assert live.snapshot.added == 0
    assert ids(search, "zyxomat") == ["lantern"]
    live.stop()


def test_more_changes_than_a_delta_takes_are_built(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_MOST", 3)
    shop = open_shop("furniture")
    live = shop.live()
    shop.catalog.upsert_many([lantern(f"lantern-{n}") for n in range(5)])
    assert live.wait_until_current(20)
    assert live.snapshot.added == 0
    assert len(ids(shop.search(live), "zyxomat")) == 5
    live.stop()


def test_changes_are_searchable_within_two_seconds_and_no_search_waits(
    open_shop: OpenShop,
) -> None:
    shop = open_shop("fashion", "furniture")
    live = shop.live()
    search = shop.search(live)
    ids(search, "zyxomat lantern")
    live.start()
    done = threading.Event()
    failures: list[BaseException] = []
    slowest = [0.0]

    def ask() -> None:
        while not done.is_set():
            begun = time.monotonic()
            try:
                assert ids(search, "sofa", price_max=2000.0 + begun % 1)
            except BaseException as error:
                failures.append(error)
                return
            slowest[0] = max(slowest[0], time.monotonic() - begun)

    reader = threading.Thread(target=ask)
    reader.start()
    try:
        shop.catalog.upsert_many([lantern()])
        _within_two_seconds(lambda: ids(search, "zyxomat") == ["lantern"])
        shop.catalog.update_stock_price([Selling("lantern", "lantern", price=3)])
        _within_two_seconds(lambda: ids(search, "zyxomat", price_max=3) == ["lantern"])
        shop.catalog.update_stock_price([Selling("lantern", "lantern", stock=0)])
        _within_two_seconds(lambda: ids(search, "zyxomat") == [])
        shop.catalog.remove_missing({"sofa", "lamp", "desk"})
        _within_two_seconds(lambda: not ids(search, "zyxomat", in_stock_only=False))
    finally:
        done.set()
        reader.join()
        live.stop()
    assert failures == []
    assert slowest[0] < 2.0


def _within_two_seconds(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 2
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_document_scores_behind_an_index_as_it_does_within() -> None:
    documents = [
        LexicalDocument(["oak", "table"], ["wood"], ["a", "table"]),
        LexicalDocument(["paper", "lantern"], ["lamp"], ["light"]),
        LexicalDocument(["oak", "lamp"], ["wood", "lamp"], []),
    ]
    index = LexicalIndex.build(documents)
    tail = LexicalBuilder(of=index)
    tail.add(documents[1])
    joined = index.joined(tail.build())
    query = [{"lantern": 1.0}, {"lamp": 1.0, "light": 0.4}, {"zebra": 1.0}]
    scores = joined.score(query)
    assert scores.bm25[3] == pytest.approx(scores.bm25[1])
    assert scores.coverage[3] == scores.coverage[1] > 0
    np.testing.assert_allclose(scores.bm25[:3], index.score(query).bm25)
    assert len(joined) == 4
    assert "zebra" not in joined
