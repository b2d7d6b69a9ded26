"""What the ranking knows about a candidate. Nothing here is tied to one catalogue.

The behaviour features are those that a model learns from logged events. The wish features say how
well a candidate meets what was asked for in this turn; logs hold no such figures, so they carry
fixed weights (``WISH_WEIGHTS``) beside any model.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity, Standing
from retrieval.ranking.profile import CustomerProfile, Touched, day_of
from retrieval.ranking.traits import PriceLevels, traits

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
TRAINING_ONLY = {"position": 0.0, "query_match": 1.0, "query_budget": 1.0, "query_value": 1.0}
"""Circumstances of an impression that explain clicks and are no merit of the product.

They are features in training; serving assumes these values: the first place in the list, and a
product that has the words and values of the query and is within its budget, as hard filters see to.
"""

_NO_RELEVANCE = 0.5
_PRIOR_REVIEWS, _PRIOR_RATING = 10.0, 4.0
_STRANGER = CustomerProfile()
_UNTOUCHED = Touched()
_NONE: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Reputation:
    """Stars as of some moment."""

    rating: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What of a product is ranked."""

    product: Product
    price: float
    list_price: float | None
    in_stock: bool
    reputation: Reputation


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
        standings = self.popularity.standings([c.id for c in candidates], day)
        rows = [
            behaviour_of(_offer(c), profile or _STRANGER, standings[c.id], self.opinion, day)
            for c in candidates
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(BEHAVIOUR))

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
    offer: Offer, profile: CustomerProfile, standing: Standing, opinion: Opinion, day: float
) -> list[float]:
    """One row, in the order of ``BEHAVIOUR``."""
    product, levels, look = offer.product, opinion.levels, opinion.look(offer.product)
    liking = opinion.of_customer(look, profile.belief)
    found = traits(product)
    level, rank = look.level, look.rank
    if offer.price != product.price:
        level, rank = levels.level(product, offer.price), levels.rank(product, offer.price)
    usual = profile.price_level(day)
    gap = 0.0 if usual is None else level - usual
    shares = profile.shares(day)
    tastes = []
    if shares:
        for kind, values in look.values:
            held = shares.get(kind)
            if held is not None:
                tastes.append(sum([held[value] for value in values if value in held]))
    categories, brands = shares.get("category", _NONE), shares.get("brand", _NONE)
    leaf = found.categories[-1] if found.categories else ""
    age = (day - day_of(product.created_at)) if product.created_at else math.inf
    touched = profile.products.get(product.id, _UNTOUCHED)
    reviews = offer.reputation.count if offer.reputation.rating is not None else 0
    stars = offer.reputation.rating or 0.0
    was = offer.list_price or 0.0
    return [
        level,
        max(0.0, 1 - offer.price / was) if was else 0.0,
        gap,
        abs(gap),
        categories.get(found.categories[0], 0.0) if found.categories else 0.0,
        categories.get(leaf, 0.0),
        brands.get(found.brand, 0.0) if found.brand else 0.0,
        sum(tastes) / len(tastes) if tastes else 0.0,
        max(tastes, default=0.0),
        profile.trail.count(leaf) / len(profile.trail) if profile.trail else 0.0,
        profile.certainty("category", day),
        standing.click_lift,
        standing.purchase_lift,
        standing.volume,
        standing.exposure,
        (stars - _PRIOR_RATING) * reviews / (reviews + _PRIOR_REVIEWS),
        math.log1p(reviews),
        math.exp(-max(age, 0.0) / 30),
        float(offer.in_stock),
        math.log1p(touched.shown),
        math.log1p(touched.clicked),
        math.log1p(touched.purchased),
        rank,
        *opinion.of_shop(look),
        *liking[:4],
        liking.total,
        liking.doubt,
    ]


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
    if not wanted.prefer_aspects or candidate.reviews is None:
        return 0.0
    known = (candidate.reviews.aspect(name) for name in wanted.prefer_aspects)
    return sum(a.sentiment for a in known if a) / len(wanted.prefer_aspects)


def _offer(candidate: Candidate) -> Offer:
    product, variant, reviews = candidate.product, candidate.variant, candidate.reviews
    if reviews is not None and reviews.count:
        reputation = Reputation(reviews.rating, reviews.count)
    else:
        reputation = Reputation(product.rating, product.review_count)
    return Offer(product, variant.price, variant.list_price, variant.in_stock, reputation)
