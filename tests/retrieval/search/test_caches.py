"""What is remembered, and when it no longer counts."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.search.bounded_cache import BoundedCache
from retrieval.search.hybrid import HybridSearch
from retrieval.search.vector_cache import VectorCache
from retrieval.store.catalog_store import Selling

OpenShop = Callable[..., Any]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8))))
def test_a_cache_holds_the_latest_and_never_more(steps: list[tuple[bool, int]]) -> None:
    cache: BoundedCache[int, int] = BoundedCache("test", 3)
    latest: dict[int, int] = {}
    asked = 0
    for is_put, key in steps:
        if is_put:
            cache.put(key, key * 10)
            latest.pop(key, None)
            latest[key] = key * 10
            while len(latest) > 3:
                latest.pop(next(iter(latest)))
        else:
            asked += 1
            assert cache.get(key) == latest.get(key)
            if key in latest:
                latest[key] = latest.pop(key)
    assert len(cache) == len(latest)
    assert cache.hits + cache.misses == asked


def test_a_query_is_encoded_once_for_each_model(encoder: Encoder) -> None:
    class Counting:
        dimension = encoder.dimension
        fingerprint = "one"
        calls = 0

        def encode(self, texts: list[str]) -> Vectors:
            self.calls += 1
            return encoder.encode(texts)

    counting = Counting()
    cache = VectorCache(counting)
    assert cache.get("sofa") is cache.get("sofa")
    assert counting.calls == 1
    counting.fingerprint = "another"
    cache.get("sofa")
    assert counting.calls == 2


def figures(search: HybridSearch, name: str) -> tuple[int, int]:
    cache = next(cache for cache in search.caches if cache.name == name)
    return cache.hits, cache.misses


@pytest.fixture
def shop(open_shop: OpenShop) -> Any:
    return open_shop("furniture")


def test_the_same_search_is_answered_from_memory_with_the_same_products(shop: Any) -> None:
    search = shop.search()
    wanted = Constraints(query="comfortable couch")
    first = [(c.id, c.fused, c.lexical, c.dense) for c in search.search(wanted, 3).candidates]
    again = [(c.id, c.fused, c.lexical, c.dense) for c in search.search(wanted, 3).candidates]
    assert first == again != []
    assert figures(search, "answers") == (1, 1)
    search.search(wanted, 2)
    search.search(wanted.model_copy(update={"price_max": 1000.0}), 3)
    search.search(wanted, 3, exclude_ids=["sofa"])
    assert figures(search, "answers") == (1, 4)


def test_a_change_in_the_catalogue_makes_answers_anew(shop: Any) -> None:
    live = shop.live()
    search = shop.search(live)
    wanted = Constraints(query="comfortable couch", price_max=10_000)
    assert "sofa" in [c.id for c in search.search(wanted, 5).candidates]
    sofa = shop.catalog.get("sofa")
    shop.catalog.update_stock_price([Selling("sofa", v.sku, price=20_000) for v in sofa.variants])
    # Even before the index knows, SQL's price counts ...
    assert "sofa" not in [c.id for c in search.search(wanted, 5).candidates]
    live.refresh()
    hits = figures(search, "answers")[0]
    assert "sofa" not in [c.id for c in search.search(wanted, 5).candidates]
    assert figures(search, "answers")[0] == hits  # ... and afterwards the answer is a new one
    sofa = shop.catalog.get("sofa").model_copy(update={"rating": 1.0})
    shop.catalog.upsert_many([sofa])
    live.refresh()
    search.search(wanted, 5)
    assert figures(search, "answers")[0] == hits
    live.stop()


def test_a_warm_up_leaves_vectors_behind(shop: Any) -> None:
    search = shop.search()
    search.warm_up(["lamp", "desk"])
    search.search(Constraints(query="lamp"), 3)
    assert figures(search, "vectors") == (1, 2)
