"""Turns what ranking knows into evidence: true, countable facts, the most weighty first."""

from collections.abc import Sequence
from datetime import datetime

from retrieval.candidate import AspectEvidence, Candidate, Evidence
from retrieval.constraints import Constraints
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile, day_of
from retrieval.ranking.traits import traits

NEW_DAYS = 30
LEAST_BOUGHT = 3
"""Fewer purchases than this in 30 days are not called popular."""
LEAST_HISTORY = 2
LEAST_REVIEWS = 3
LEAST_MENTIONS = 2
GOOD_RATING = 4.0
GOOD_SENTIMENT = 0.2

# The contributions that speak for each kind of evidence; they decide the order of the reasons.
_SPEAK_FOR = {
    "history": (
        "taste_department",
        "taste_category",
        "taste_brand",
        "taste_attribute",
        "taste_best_attribute",
        "trail",
        "clicked",
        "purchased",
        "liking",
        "liking_brand",
        "liking_category",
        "liking_attribute",
    ),
    "price": (
        "price_level",
        "discount",
        "price_gap",
        "price_distance",
        "price_rank",
        "liking_price",
    ),
    "popular": ("click_lift", "purchase_lift", "volume", "exposure", "shop_product", "shop_traits"),
    "reviews": ("rating", "review_count", "wished_aspects"),
    "new": ("newness",),
}
# A shopper who asked for it hears of it first.
_ASKED = 10.0


def gather(
    shown: Sequence[Candidate],
    profile: CustomerProfile | None,
    constraints: Constraints | None,
    popularity: Popularity,
    now: datetime,
) -> None:
    """Adds evidence to the candidates that are shown, ordered by what moved them up."""
    wanted = constraints or Constraints()
    cheapest = _cheapest(shown)
    for candidate in shown:
        found = [
            *_price(candidate, len(shown) if candidate.id == cheapest else 0),
            *(_history(candidate, profile) if profile else []),
            *_popular(candidate, popularity, now),
            *_reviews(candidate, wanted),
            *_new(candidate, now),
        ]
        found.sort(key=lambda e: -_weight(e, candidate, wanted))
        first = [e for e in candidate.evidence if e.kind == "match"]
        last = [e for e in candidate.evidence if e.kind != "match"]
        candidate.evidence = [*first, *found, *last]


def _weight(evidence: Evidence, candidate: Candidate, wanted: Constraints) -> float:
    asked = (evidence.key == "price_cheapest" and wanted.sort == "price_asc") or (
        evidence.values.get("aspect") in (*wanted.praised_aspects, *wanted.avoid_aspects)
    )
    parts = candidate.contributions
    return _ASKED * asked + sum(parts.get(name, 0.0) for name in _SPEAK_FOR[evidence.kind])


def _cheapest(shown: Sequence[Candidate]) -> str | None:
    """The one product that costs less than every other shown, where there is one."""
    prices = sorted((c.variant.price, c.id) for c in shown)
    return prices[0][1] if len(prices) > 1 and prices[0][0] < prices[1][0] else None


def _price(candidate: Candidate, cheapest_of: int) -> list[Evidence]:
    price, was = candidate.variant.price, candidate.variant.list_price
    found = []
    if cheapest_of:
        values = {"price": price, "n": cheapest_of}
        found.append(Evidence("price", "price_cheapest", values))
    if was and was > price:
        values = {"price": price, "list_price": was, "saved": round(was - price, 2)}
        found.append(Evidence("price", "price_below_list", values))
    return found


def _history(candidate: Candidate, profile: CustomerProfile) -> list[Evidence]:
    product, found = candidate.product, traits(candidate.product)
    touched = profile.products.get(product.id)
    if touched and touched.purchased:
        return [Evidence("history", "history_bought", {"n": touched.purchased})]
    facts: list[tuple[float, Evidence]] = []
    if found.categories:
        leaf = found.categories[-1]
        count = profile.count("category", leaf)
        values = {"category": product.category_path[-1], "n": count}
        taste = profile.taste("category", leaf, profile.day)
        facts.append((taste, Evidence("history", "history_category", values)))
    if found.brand:
        values = {"brand": product.brand, "n": profile.count("brand", found.brand)}
        taste = profile.taste("brand", found.brand, profile.day)
        facts.append((taste, Evidence("history", "history_brand", values)))
    shown = {**product.attributes, **{n: [v] for n, v in candidate.variant.attributes.items()}}
    for name, kept in shown.items():
        for value in kept if name not in ("brand", "size") else ():
            if value.casefold() in ("yes", "no"):  # "you looked at yes things" says nothing
                continue
            kind, key = f"attribute:{name}", value.casefold()
            values = {"name": name, "value": value, "n": profile.count(kind, key)}
            taste = profile.taste(kind, key, profile.day)
            facts.append((taste, Evidence("history", "history_attribute", values)))
    strong = [(t, e) for t, e in facts if t > 0 and e.values["n"] >= LEAST_HISTORY]
    return [e for _, e in sorted(strong, key=lambda fact: -fact[0])[:2]]


def _popular(candidate: Candidate, popularity: Popularity, now: datetime) -> list[Evidence]:
    count = popularity.bought_recently(candidate.id, now)
    if count < LEAST_BOUGHT:
        return []
    return [Evidence("popular", "popular_bought", {"n": count, "days": 30})]


def _reviews(candidate: Candidate, wanted: Constraints) -> list[Evidence]:
    reviews, found = candidate.reviews, []
    rating, count = candidate.product.rating, candidate.product.review_count
    if reviews is not None and reviews.count:
        rating, count = reviews.rating, reviews.count
    if rating is not None and rating >= GOOD_RATING and count >= LEAST_REVIEWS:
        values = {"rating": round(rating, 1), "n": count}
        found.append(Evidence("reviews", "reviews_rating", values))
    if reviews is None:
        return found
    asked = {*wanted.praised_aspects, *wanted.avoid_aspects}
    for name in (*wanted.avoid_aspects, *wanted.praised_aspects):
        if reviews.aspect(name) is None:
            found.append(Evidence("reviews", "reviews_no_evidence", {"aspect": name}))
    praised = [a for a in reviews.aspects if a.aspect in asked or _is_praised(a)]
    praised.sort(key=lambda a: (a.aspect not in asked, -a.sentiment * a.mentions))
    found += [_aspect(a) for a in praised[: max(1, len(asked))]]
    return found


def _is_praised(aspect: AspectEvidence) -> bool:
    return aspect.sentiment >= GOOD_SENTIMENT and aspect.positive >= LEAST_MENTIONS


def _aspect(aspect: AspectEvidence) -> Evidence:
    key = "reviews_praised" if aspect.positive > aspect.negative else "reviews_mixed"
    values = {
        "aspect": aspect.aspect,
        "n": aspect.mentions,
        "positive": aspect.positive,
        "negative": aspect.negative,
    }
    if aspect.quote:
        values |= {"quote": aspect.quote, "review_id": aspect.review_id}
    return Evidence("reviews", key, values)


def _new(candidate: Candidate, now: datetime) -> list[Evidence]:
    listed = candidate.product.created_at
    if listed is None:
        return []
    days = int(day_of(now) - day_of(listed))
    return [Evidence("new", "new_listed", {"days": days})] if 0 <= days <= NEW_DAYS else []
