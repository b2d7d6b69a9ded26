"""What the ranking knows about a candidate. Nothing here is tied to one catalogue.

The behaviour features are those that a model learns from logged events. The wish features say how
well a candidate meets what was asked for in this turn; logs hold no such figures, so they carry
fixed weights (``WISH_WEIGHTS``) beside any model.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.ranking.look import Look, Stack
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile, Shares, Touched, day_of
from retrieval.ranking.traits import PriceLevels

Matrix = NDArray[np.float64]

BEHAVIOUR: dict[str, str] = {
    "price_level": "log of the price to the median of its category",
    "discount": "share taken off the list price",
    "price_gap": "price level less the customer's own, 0 where that is unknown",
    "price_distance": "size of that gap",
    "taste_department": "customer's share of actions in this department, shrunk",
    "taste_category": "the same for the product's own category",
    "taste_brand": "the same for its brand",
    "taste_attribute": "the same for its attribute values, mean over the attributes",
    "taste_best_attribute": "the same, best attribute",
    "trail": "share of the customer's last ten actions that were in this category",
    "certainty": "how much is known of the customer's tastes, in [0, 1)",
    "click_lift": "log of the smoothed click rate, position bias removed, to the shop's",
    "purchase_lift": "log of the smoothed purchases per click to the shop's",
    "volume": "log of decayed clicks and purchases to the shop's mean",
    "exposure": "log of how often it was looked at",
    "rating": "mean stars less 4, shrunk as if ten reviews of 4 stars came first",
    "review_count": "log of one more than the number of reviews",
    "newness": "1 on the day it was listed, falling by e every 30 days; 0 where unknown",
    "in_stock": "1 where it can be bought now",
    "seen": "log of one more than how often the customer was shown it",
    "clicked": "the same for clicks",
    "purchased": "the same for purchases",
    "price_rank": "where the price lies between the category's cheapest (0) and dearest (1)",
    "shop_product": "what the shop's customers think of the product itself, in log-odds",
    "shop_traits": "the same of its brand, category and price",
    "liking_brand": "what the customer thinks of its brand beyond that, in log-odds",
    "liking_category": "the same of its category",
    "liking_price": "the same of its price",
    "liking_attribute": "the same of its attributes",
    "liking": "the sum of the customer's likings",
    "doubt": "standard deviation of that sum",
}
WISHES: dict[str, str] = {
    "relevance": "how well the texts match the query, in [0, 1]; 0.5 without a query",
    "wished_attributes": "share of the soft wishes that the variant meets",
    "wished_aspects": "mean sentiment of reviews on the aspects wished for, in [-1, 1]",
}
WISH_WEIGHTS = {"relevance": 4.0, "wished_attributes": 1.5, "wished_aspects": 1.5}
TRAINING_ONLY = {
    "position": 0.0,
    "query_match": 1.0,
    "query_kind": 1.0,
    "query_budget": 1.0,
    "query_value": 1.0,
    "query_answer": 0.0,
}
"""Circumstances of an impression that explain clicks and are no merit of the product.

They are features in training; serving assumes these values: the first place in the list, and a
product that has the words, kind and values of the query and is within its budget, as hard filters
see to. ``query_answer`` is what the shop learnt that all this is worth, in log-odds.
"""

_NO_RELEVANCE = 0.5
_PRIOR_REVIEWS, _PRIOR_RATING = 10.0, 4.0
_STRANGER = CustomerProfile()
_UNTOUCHED = Touched()


@dataclass(frozen=True, slots=True)
class Reputation:
    """Stars as of some moment."""

    rating: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Offers:
    """What of some products is ranked, by column."""

    products: Sequence[Product]
    price: Sequence[float]
    list_price: Sequence[float | None]
    in_stock: Sequence[bool]
    reputation: Sequence[Reputation]

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> "Offers":
        variants = [c.variant for c in candidates]
        return cls(
            [c.product for c in candidates],
            [v.price for v in variants],
            [v.list_price for v in variants],
            [v.in_stock for v in variants],
            [_reputation(c) for c in candidates],
        )


class Features:
    """Computes features from profile, popularity and price levels; holds no state of its own."""

    def __init__(
        self, popularity: Popularity, levels: PriceLevels, opinion: Opinion | None = None
    ) -> None:
        self.popularity = popularity
        self.levels = levels
        self.opinion = opinion or Opinion(levels)

    def behaviour(
        self, candidates: Sequence[Candidate], profile: CustomerProfile | None, now: datetime
    ) -> Matrix:
        """float64 of shape ``(len(candidates), len(BEHAVIOUR))``; no profile means a stranger."""
        day = day_of(now)
        standings = self.popularity.figures([c.id for c in candidates], day)
        return behaviour_of(
            Offers.of(candidates), profile or _STRANGER, standings, self.opinion, day
        )

    def wishes(self, candidates: Sequence[Candidate], wanted: Constraints) -> Matrix:
        """float64 of shape ``(len(candidates), len(WISHES))``."""
        rows = [
            (
                c.fused if wanted.query else _NO_RELEVANCE,
                wished_attributes(c, wanted),
                wished_aspects(c, wanted),
            )
            for c in candidates
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(WISHES))


def behaviour_of(
    offers: Offers, profile: CustomerProfile, standings: Matrix, opinion: Opinion, day: float
) -> Matrix:
    """Of one customer, a row for each product, columns in the order of ``BEHAVIOUR``.

    ``standings`` are ``Popularity.figures`` of the products.
    """
    products = offers.products
    if not products:
        return np.zeros((0, len(BEHAVIOUR)))
    looks = [opinion.look(product) for product in products]
    stack = Stack(looks)
    price = np.array(offers.price, np.float64)
    was = np.array([found or 0.0 for found in offers.list_price])
    level, rank = _levels(looks, price)
    usual = profile.price_level(day)
    gap = np.zeros(len(looks)) if usual is None else level - usual
    shares = profile.shares(day)
    ends = shares.of(stack.ends)
    taste, best = _tastes(stack, shares)
    trail = Counter(profile.trail)
    listed = [p.created_at for p in products]
    age = np.array([day - day_of(found) if found else np.inf for found in listed])
    touched = [profile.products.get(product.id, _UNTOUCHED) for product in products]
    stars = np.array([found.rating or 0.0 for found in offers.reputation])
    reviews = [0 if r.rating is None else r.count for r in offers.reputation]
    likings = opinion.of_customers(looks, stack.shares, profile.belief)
    columns = [
        level,
        np.where(was > 0, np.maximum(0.0, 1 - price / np.where(was > 0, was, 1.0)), 0.0),
        gap,
        np.abs(gap),
        *ends.T,
        taste,
        best,
        np.array([trail[look.leaf] for look in looks]) / max(1, len(profile.trail)),
        np.full(len(looks), profile.certainty("category", day)),
        *standings.T,
        (stars - _PRIOR_RATING) * reviews / (np.array(reviews) + _PRIOR_REVIEWS),
        np.log1p(reviews),
        np.exp(-np.maximum(age, 0.0) / 30),
        np.array(offers.in_stock, np.float64),
        *np.log1p([(t.shown, t.clicked, t.purchased) for t in touched]).T,
        rank,
        *opinion.of_shop(looks, stack.shares).T,
        *likings[:, :4].T,
        likings[:, :4].sum(axis=1),
        likings[:, 4],
    ]
    return np.stack(columns, axis=1)


def _levels(looks: Sequence[Look], price: Matrix) -> tuple[Matrix, Matrix]:
    """``PriceScale.level`` and ``rank`` of the prices offered."""
    median, low, high = np.array([look.scale for look in looks]).T
    log = np.log(np.maximum(price, 0.01))
    spread = np.where(high > low, high - low, 1.0)
    rank = np.where(high > low, np.clip((log - low) / spread, 0.0, 1.0), 0.5)
    return np.clip(log - np.log(median), -3.0, 3.0), rank


def _tastes(stack: Stack, shares: Shares) -> tuple[Matrix, Matrix]:
    """Mean and maximum of the tastes over each product's attributes of a kind ever met."""
    count, groups = len(stack.looks), stack.attributes
    mean, best = np.zeros(count), np.zeros(count)
    known = shares.knows(stack.kinds)
    if known.any():
        held = np.add.reduceat(shares.of(stack.values), groups.first)
        row, held = groups.row[known], held[known]
        each = np.bincount(row, minlength=count)
        mean = np.bincount(row, held, count) / np.maximum(each, 1)
        first = np.flatnonzero(np.diff(row, prepend=-1))
        best[row[first]] = np.maximum.reduceat(held, first)
    return mean, best


def wished_attributes(candidate: Candidate, wanted: Constraints) -> float:
    """The share of soft wishes that the shown variant, or the product as a whole, meets."""
    if not wanted.prefer_attributes:
        return 0.0
    product = candidate.product
    held = {name: {v.casefold() for v in values} for name, values in product.attributes.items()}
    for name, value in candidate.variant.attributes.items():
        held.setdefault(name, set()).add(value.casefold())
    if product.brand:
        held["brand"] = {product.brand.casefold()}
    met = sum(
        any(value.casefold() in held.get(name, ()) for value in values)
        for name, values in wanted.prefer_attributes.items()
    )
    return met / len(wanted.prefer_attributes)


def wished_aspects(candidate: Candidate, wanted: Constraints) -> float:
    """The mean shrunk sentiment on the aspects wished for; 0 where reviews say nothing."""
    if not wanted.praised_aspects or candidate.reviews is None:
        return 0.0
    known = (candidate.reviews.aspect(name) for name in wanted.praised_aspects)
    return sum(a.sentiment for a in known if a) / len(wanted.praised_aspects)


def _reputation(candidate: Candidate) -> Reputation:
    product, reviews = candidate.product, candidate.reviews
    if reviews is not None and reviews.count:
        return Reputation(reviews.rating, reviews.count)
    return Reputation(product.rating, product.review_count)
