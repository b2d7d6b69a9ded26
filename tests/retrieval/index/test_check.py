"""The check finds each kind of difference, and a build mends it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from retrieval.index.check import IndexDifferences, check_index
from retrieval.store.tables import VariantRow

OpenShop = Callable[..., Any]


def check(shop: Any) -> IndexDifferences:
    return check_index(shop.place, shop.sessions, shop.encoder.fingerprint)


def test_everything_is_missing_before_the_first_build(open_shop: OpenShop) -> None:
    assert len(check(open_shop("furniture")).missing) == 5


def test_it_finds_every_kind_of_difference(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    active = shop.builder().build()
    assert not check(shop)
    wrong = np.zeros((1, shop.encoder.dimension), dtype=np.float32)
    wrong[0, 3] = 1
    with shop.place.vectors(active.id) as vectors:
        vectors.delete(["sofa"])
        told = vectors.collection.get(ids=["tv-stand"])["metadatas"][0]["text"]
        vectors.upsert(["tv-stand"], wrong, [told])
    shop.catalog.remove_missing({"sofa", "tv-stand", "desk", "lamp"})
    product = shop.catalog.get("desk").model_copy(update={"title": "Sitting desk"})
    shop.catalog.upsert_many([product])
    with shop.sessions.begin() as session:  # behind the revision's back
        session.execute(update(VariantRow).where(VariantRow.product_id == "lamp").values(price=1))
    assert check(shop) == IndexDifferences(
        missing=["sofa"], stale=["desk"], extra=["bunk"], vectors=["tv-stand"], facets=["lamp"]
    )
    shop.builder().build()
    assert not check(shop)


@pytest.mark.parametrize("part", ["attributes", "categories", "titles"])
def test_it_finds_a_wrong_value_in_the_filters(open_shop: OpenShop, part: str) -> None:
    shop = open_shop("furniture")
    folder = shop.place.of(shop.builder().build().id) / "columns"
    rows = np.load(folder / f"{part}.rows.npy")
    rows[0] += 1
    np.save(folder / f"{part}.rows.npy", rows)
    assert check(shop).facets
    shop.builder().build()
    assert not check(shop)


def test_a_later_price_is_no_difference_since_it_is_served_anyway(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    shop.builder().build()
    product = shop.catalog.get("lamp")
    product.variants[0].price += 1
    shop.catalog.upsert_many([product])
    assert not check(shop)
