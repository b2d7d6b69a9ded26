"""How much customers truly like what is recommended to them, beside simple ways to choose.

The demo store knows how much each customer likes every product; that is read only to measure. The
service itself makes the rows, similar products and what goes with a product, out of behaviour; the
others choose among the same products: those in stock that the customer has not bought.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.shop import Shop
from retrieval.catalog.product import Product
from retrieval.demo.behaviour import Shelf, likings, make_shelf
from retrieval.demo.generator import REFERENCE_NOW, DemoStore
from retrieval.demo.products import make_products
from retrieval.demo.shoppers import Preferences
from retrieval.demo.truth import quality_matrix
from retrieval.ranking.profile import CustomerProfile

SEED = 7
LIST = 6
LEAST_ACTIONS = 3
"""Customers of whom less is known are left out."""
ACTED_ON = 5
Floats = NDArray[np.float64]


@dataclass(slots=True)
class _Tally:
    """Lists made in one way."""

    liked: list[float] = field(default_factory=list)
    """Mean true liking of each list."""
    best: list[float] = field(default_factory=list)
    """The same of the best list of that length there could have been."""
    same_kind: list[float] = field(default_factory=list)
    """Share of a list that is of the category it goes out from."""
    full: list[float] = field(default_factory=list)
    """Share of the places that were filled."""


class _Truth:
    """What the demo store's customers like."""

    def __init__(self, store: DemoStore) -> None:
        made = make_products(SEED, 1.0, REFERENCE_NOW)
        arrays, quality = store.truth.arrays, store.truth.quality
        aspects = [str(name) for name in arrays["names_aspects"]]
        ids = [item.product.id for item in made]
        self._shelf: Shelf = make_shelf(made, quality_matrix(quality, ids, aspects), SEED)
        names = Preferences.__slots__
        self._taste = Preferences(**{name: arrays[f"taste_{name}"] for name in names})
        self._places = {key: place for place, key in enumerate(ids)}
        self._customers = {key: place for place, key in enumerate(store.events.customer_ids)}

    def of(self, customer_id: str) -> Callable[[str], float]:
        """Liking by product id."""
        liked = likings(self._shelf, self._taste, self._customers[customer_id])
        return lambda key: float(liked[self._places[key]])


def run(shop: Shop, store: DemoStore, customers: int) -> dict[str, Any]:
    """Means over customers with enough behaviour, by task and way of choosing."""
    truth, random = _Truth(store), np.random.default_rng(SEED)
    products = {p.id: p for p in shop.catalog.scan() if p.in_stock}
    tallies: dict[str, dict[str, _Tally]] = {}
    measured = 0
    ids = random.permutation(store.events.customer_ids).tolist()
    for customer in ids:
        profile, why = shop.rooms.finder.profile(customer)
        if measured == customers:
            break
        if profile is None or why != "history" or profile.actions < LEAST_ACTIONS:
            continue
        measured += 1
        _measure(shop, profile, customer, products, truth.of(customer), random, tallies)
    return {
        "customers": measured,
        "list": LIST,
        "tasks": {
            task: {name: _means(tally) for name, tally in ways.items()}
            for task, ways in tallies.items()
        },
    }


def _measure(
    shop: Shop,
    profile: CustomerProfile,
    customer: str,
    products: dict[str, Product],
    liking: Callable[[str], float],
    random: np.random.Generator,
    tallies: dict[str, dict[str, _Tally]],
) -> None:
    source = shop.recommender.neighbours
    bought = {key for key, touched in profile.products.items() if touched.purchased}
    able = [key for key in products if key not in bought]
    acted = profile.recent(ACTED_ON)
    last = shop.catalog.get(acted[0])

    def some(keys: Iterable[str]) -> list[str]:
        return [key for key in dict.fromkeys(keys) if key in known and key not in acted[:1]][:LIST]

    def drawn(keys: Sequence[str]) -> list[str]:
        return some(random.permutation(keys).tolist()) if keys else []

    def keep(task: str, among: Sequence[str], ways: dict[str, list[str]]) -> None:
        for name, keys in ways.items():
            if not keys:
                tallies.setdefault(task, {}).setdefault(name, _Tally()).full.append(0.0)
                continue
            tally = tallies.setdefault(task, {}).setdefault(name, _Tally())
            tally.liked.append(float(np.mean([liking(key) for key in keys])))
            able_too = sorted(map(liking, {*among, *keys}), reverse=True)
            tally.best.append(float(np.mean(able_too[: len(keys)])))
            same = [products[key].category_path == last.category_path for key in keys]
            tally.same_kind.append(float(np.mean(same)))
            tally.full.append(len(keys) / LIST)

    known = set(able)
    home = shop.recommender.home(customer, LIST)
    rows = {row.kind: some(c.id for c in row.candidates) for row in home.rows}
    looked = source.learnt.looked_along(acted, 10 * LIST)
    keep(
        "home",
        able,
        {
            **{f"row {kind}": keys for kind, keys in rows.items()},
            "most bought": some(source.most_bought),
            "co-occurrence (looked at together)": some(looked),
            "at random": drawn(able),
        },
    )
    alike = [key for key in able if products[key].category_path == last.category_path]
    together = [n.product_id for n in source.learnt.looked_with.get(last.id, ())]
    similar = shop.recommender.similar(last.id, LIST, customer)
    keep(
        "similar",
        [key for key in alike if key != last.id],
        {
            "served": some(c.id for c in similar),
            "alike by text": some(source.alike(last.id)),
            "co-occurrence (looked at together)": some(together),
            "most bought of the category": some(_by_sales(source.most_bought, alike)),
            "same category at random": drawn(alike),
        },
    )
    others = [key for key in able if products[key].category_path != last.category_path]
    pairs = (source.learnt.bought_with, source.learnt.bought_both)
    joined = [n.product_id for table in pairs for n in table.get(last.id, ())]
    along = shop.recommender.goes_with([last.id], LIST, customer)
    keep(
        "goes with",
        others,
        {
            "served": some(c.id for c in along),
            "co-occurrence (bought together)": some(joined),
            "most bought of other categories": some(_by_sales(source.most_bought, others)),
            "other categories at random": drawn(others),
        },
    )


def _by_sales(most_bought: Sequence[str], among: Sequence[str]) -> list[str]:
    able = set(among)
    return [key for key in most_bought if key in able]


def _means(tally: _Tally) -> dict[str, float]:
    count = len(tally.liked)
    if not count:
        return {"lists": 0, "filled": 0.0}
    spread = float(np.std(tally.liked, ddof=1)) / count**0.5 if count > 1 else 0.0
    return {
        "lists": count,
        "filled": round(float(np.mean(tally.full)), 3),
        "liking": round(float(np.mean(tally.liked)), 4),
        "standard_error": round(spread, 4),
        "of_the_best": round(float(np.mean(tally.liked) / np.mean(tally.best)), 3),
        "same_kind": round(float(np.mean(tally.same_kind)), 3),
    }
