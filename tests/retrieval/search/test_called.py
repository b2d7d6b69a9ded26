"""Products called by their number or their whole title."""

from collections.abc import Callable
from typing import Any

import pytest

from retrieval.search.hybrid import HybridSearch

OpenShop = Callable[..., Any]


@pytest.fixture(scope="module")
def shop(open_shop: OpenShop) -> HybridSearch:
    search: HybridSearch = open_shop("furniture").search()
    return search


def test_numbers_and_titles_call_a_product_and_descriptions_do_not(
    shop: HybridSearch, open_shop: OpenShop
) -> None:
    catalog = open_shop("furniture").catalog
    products = list(catalog.scan())
    numbered = next(p for p in products if any(c.isdigit() for v in p.variants for c in v.sku))
    sku = next(v.sku for v in numbered.variants if any(c.isdigit() for c in v.sku))
    assert shop.called(f"do you have {sku}?") == sku
    long = max(products, key=lambda p: len(p.title.split()))
    assert shop.called(long.title) == long.title
    assert shop.called(long.title.upper()) == long.title.upper()
    for text in ("", "?", "a chair", "something for the living room", "X-999999", "😀"):
        assert shop.called(text) is None
