"""Who gets seen: the share of attention that brands, sellers and price bands have.

Attention to a place falls with the logarithm of its rank, as in DCG (Järvelin & Kekäläinen 2002);
exposure is compared with the share of the catalogue and with what customers clicked and bought
(Singh & Joachims 2018, "Fairness of exposure in rankings").
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.catalog.product import Product
from retrieval.store.traffic_store import ShownAt

GroupBy = Literal["brand", "seller", "price_band"]
SELLER_NAMES = ("seller", "vendor", "merchant")
"""Attributes that say who sells a product."""
BANDS = ("lowest", "low", "high", "highest")
"""Quarters of the prices within a product's department."""


@dataclass(frozen=True, slots=True)
class GroupExposure:
    """One brand, seller or price band. Shares are of the whole shop."""

    key: str
    products: int
    never_shown: int
    catalogue_share: float
    exposure_share: float
    click_share: float
    purchase_share: float
    ratio: float
    """Exposure share to catalogue share: 1 is even, below 1 is seen less than its size."""


@dataclass(frozen=True, slots=True)
class ExposureReport:
    by: GroupBy
    groups: list[GroupExposure]
    """The largest first."""
    gini: float
    """Of exposure over products: 0 where all are seen alike, near 1 where a few have it all."""
    never_shown: int
    products: int


def exposure_report(
    products: Iterable[Product],
    shown: Iterable[ShownAt],
    clicks: Mapping[str, int],
    purchases: Mapping[str, int],
    by: GroupBy,
) -> ExposureReport:
    """The report over all products that are sold; behaviour around others is left out."""
    listed = list(products)
    exposure = dict.fromkeys((p.id for p in listed), 0.0)
    for one in shown:
        if one.product_id in exposure:
            exposure[one.product_id] += one.count / math.log2(2 + one.place)
    groups = _groups(listed, by)
    totals = [
        sum(exposure.values()),
        sum(clicks.get(key, 0) for key in exposure),
        sum(purchases.get(key, 0) for key in exposure),
    ]
    rows = []
    for key, ids in groups.items():
        own = len(ids) / len(listed)
        seen, clicked, bought = (
            _share(sum(counts.get(i, 0) for i in ids), total)
            for counts, total in zip((exposure, clicks, purchases), totals, strict=True)
        )
        never = sum(exposure[i] == 0 for i in ids)
        rows.append(GroupExposure(key, len(ids), never, own, seen, clicked, bought, seen / own))
    rows.sort(key=lambda row: (-row.products, row.key))
    never = sum(value == 0 for value in exposure.values())
    return ExposureReport(by, rows, gini(list(exposure.values())), never, len(listed))


def gini(values: Sequence[float]) -> float:
    """The Gini coefficient of values that are not negative; 0 where there is nothing to share."""
    total = sum(values)
    if not total:
        return 0.0
    n = len(values)
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), start=1))
    return 2 * ranked / (n * total) - (n + 1) / n


def _groups(products: Sequence[Product], by: GroupBy) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    bands = _bands(products) if by == "price_band" else {}
    for product in products:
        if by == "price_band":
            key = bands[product.id]
        elif by == "brand":
            key = product.brand or ""
        else:
            found = (product.attributes.get(name) for name in SELLER_NAMES)
            key = next((values[0] for values in found if values), product.brand or "")
        groups.setdefault(key, []).append(product.id)
    return groups


def _bands(products: Sequence[Product]) -> dict[str, str]:
    """The quarter of its department's prices that each product is in."""
    by_department: dict[str | None, list[Product]] = {}
    for product in products:
        by_department.setdefault(product.department, []).append(product)
    return {
        product.id: BANDS[4 * place // len(own)]
        for own in by_department.values()
        for place, product in enumerate(sorted(own, key=lambda p: (p.price, p.id)))
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
