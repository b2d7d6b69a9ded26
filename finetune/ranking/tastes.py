"""How much customers' tastes differ, by kind of trait: the prior variances of their beliefs.

Where customers agree, what they click beyond the shop's own expectation is noise, independent from
one list to the next. Where they differ, two products that share a trait surprise in the same
direction. So the products of surprises, over pairs of impressions of one customer from different
lists, are regressed on what the pair shares: the variance components of Haseman & Elston 1972 ("The
investigation of linkage between a quantitative trait and a marker locus").
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import nnls

from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.ranking.belief import VARIANCES, Key
from retrieval.ranking.look import Look
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.traits import PriceLevels, traits

Array = NDArray[np.float64]
PAIRS = 2_000_000
_DENSE = 5000
"""Up to so many products, what each two share is computed once."""
LARGEST = 0.5
"""No kind of trait is believed to differ by more, in squared log-odds."""
LEAST_SHARING = 2000
"""Kinds that fewer pairs share keep their default."""
_FOLLOWED = 0.05
_COMMON = 0.15
"""The share of products that must have an attribute for it to be followed."""
_AT_LEAST = ("brand", "category", "price")
"""Kinds that are always followed, with no less than their default."""


def estimate_variances(
    events: Iterable[Event], products: Mapping[str, Product], seed: int = 7
) -> dict[str, float]:
    """Prior variance in squared log-odds, by kind (``brand``, ``attribute:color``, ...).

    ``events`` in the order of time. An attribute on which they do not
    plainly differ gets 0, and is followed no longer.
    """
    opinion = Opinion(PriceLevels.observe(products.values()), _every_attribute(products))
    shown: dict[tuple[str, str], int] = {}
    rows: list[list[float]] = []
    customers: dict[str, int] = {}
    places: dict[str, int] = {}
    for event in events:
        product = products.get(event.product_id)
        if product is None or event.type not in (EventType.IMPRESSION, EventType.CLICK):
            continue
        gradient, curvature = opinion.surprise(event, product)
        key = (event.customer_id, product.id)
        if event.type is EventType.IMPRESSION:
            shown[key] = len(rows)
            own = customers.setdefault(event.customer_id, len(customers))
            place = places.setdefault(product.id, len(places))
            rows.append([own, place, event.at.timestamp(), gradient, curvature])
        elif key in shown:
            rows[shown[key]][3] += gradient
        opinion.observe(event, product)
    if not rows:
        return {}
    looks = [opinion.look(products[key]) for key in places]
    table = np.array(rows)
    one, other = _pairs(table[:, 0], table[:, 2], np.random.default_rng(seed))
    return _components(table, one, other, looks) if len(one) else {}


def _pairs(
    customers: Array, times: Array, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows of one customer from different lists."""
    order = np.argsort(customers, kind="stable")
    starts = np.searchsorted(customers[order], customers)
    counts = np.bincount(customers.astype(np.int64))[customers.astype(np.int64)]
    one = random.integers(0, len(customers), PAIRS)
    other = order[starts[one] + (random.random(PAIRS) * counts[one]).astype(np.int64)]
    apart = times[one] != times[other]
    return one[apart], other[apart]


def _components(
    table: Array, one: NDArray[np.int64], other: NDArray[np.int64], looks: list[Look]
) -> dict[str, float]:
    surprise = table[one, 3] * table[other, 3]
    weight = table[one, 4] * table[other, 4]
    left, right = table[one, 1].astype(np.int64), table[other, 1].astype(np.int64)
    kinds, columns = [], [weight]  # the first: some customers click more than others
    for kind, shares in _shares(looks):
        if len(looks) <= _DENSE:
            shared = (shares @ shares.T).toarray()[left, right]
        else:
            shared = np.asarray(shares[left].multiply(shares[right]).sum(axis=1)).ravel()
        if np.count_nonzero(shared) >= LEAST_SHARING:
            kinds.append(kind)
            columns.append(weight * shared)
    # Pairs that say more weigh more: a surprise's variance is its curvature.
    scale = 1 / np.sqrt(np.maximum(weight, 1e-6))
    design, target = np.stack(columns, axis=1) * scale[:, None], surprise * scale
    found, _ = nnls(design, target)
    noise = float(((target - design @ found) ** 2).mean())
    errors = np.sqrt(noise * np.diag(np.linalg.pinv(design.T @ design)))
    variances = [_cautious(*pair) for pair in zip(found[1:], errors[1:], strict=True)]
    return {
        kind: round(max(variance, VARIANCES[kind] if kind in _AT_LEAST else 0.0), 4)
        for kind, variance in zip(kinds, variances, strict=True)
    }


def _cautious(found: float, error: float) -> float:
    """The estimate less its standard error where it is twice as large, else nothing."""
    return min(float(found - error), LARGEST) if found > 2 * error else 0.0


def _shares(looks: list[Look]) -> Iterator[tuple[str, sparse.csr_matrix]]:
    """Per kind of trait the (products, values) matrix of shares."""
    readers: dict[str, Callable[[Look], list[tuple[Key, float]]]] = {
        "brand": lambda look: list(look.brand),
        "category": lambda look: list(look.category),
        "price": lambda look: list(look.price),
    }
    names = dict.fromkeys(values[0][0] for look in looks for values in look.attributes)
    for name in names:
        readers[name] = lambda look, name=name: [  # type: ignore[misc]
            (key, len(values) ** -0.75)
            for values in look.attributes
            if values[0][0] == name
            for key in values
        ]
    for kind, read in readers.items():
        index: dict[Key, int] = {}
        cells = [
            (row, index.setdefault(key, len(index)), share)
            for row, look in enumerate(looks)
            for key, share in read(look)
        ]
        if len({row for row, _, _ in cells}) >= _COMMON * len(looks):
            row, column, share = np.array(cells).T
            shape = (len(looks), len(index))
            place = (row.astype(np.int64), column.astype(np.int64))
            yield kind, sparse.csr_matrix((share, place), shape=shape)


def _every_attribute(products: Mapping[str, Product]) -> dict[str, float]:
    names = {name for product in products.values() for name in traits(product).attributes}
    return {f"attribute:{name}": _FOLLOWED for name in names}
