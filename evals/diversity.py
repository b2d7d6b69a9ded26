"""What variety costs and brings: lists of the demo store under several weights.

The first 24 of the demo store's 30 days teach profiles and popularity; a customer's candidates are
what the last six days showed, from several searches. The ranker sees none of those days. How much a
customer truly likes each product is known to the demo store alone; it is read only to measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from html import escape
from typing import Any

import numpy as np

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.demo.generator import DemoStore
from retrieval.ranking.diversity import (
    CALIBRATION,
    RELEVANCE_SHARE,
    diversify,
    interests_of,
    list_likeness,
    miscalibration,
)
from retrieval.ranking.features import Features
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.ranker import LearnedRanker, open_scorer, read_priors
from retrieval.ranking.traits import PriceLevels

TAUGHT = timedelta(days=24)
MONTH = timedelta(days=30)
LIST = 5
LEAST_CANDIDATES = 20
SHARES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3)
CALIBRATIONS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)
WIDTH, HEIGHT, MARGIN = 460, 300, 56


@dataclass(frozen=True, slots=True)
class Point:
    """Means over customers. ``liking`` is true NDCG, ``likeness`` of pairs in a list and
    ``miscalibration`` are better the lower."""

    relevance_share: float
    calibration: float
    liking: float
    likeness: float
    miscalibration: float
    categories: float
    """Different categories in a list."""


@dataclass(slots=True)
class Case:
    """One customer's ranked candidates and how much each is truly liked, in (0, 1)."""

    ranked: list[Candidate]
    liked: dict[str, float]
    interests: Mapping[str, float]


def run(store: DemoStore, customers: int, validation: bool = False) -> dict[str, Any]:
    """The trade-off on customers with an odd number, or with an even one for choosing weights."""
    cases = make_cases(store, customers, validation)
    by_share = [measure(cases, share, CALIBRATION) for share in SHARES]
    by_calibration = [measure(cases, RELEVANCE_SHARE, weight) for weight in CALIBRATIONS]
    return {
        "customers": len(cases),
        "served": {"relevance_share": RELEVANCE_SHARE, "calibration": CALIBRATION},
        "as_ranked": asdict(_point(cases, [case.ranked[:LIST] for case in cases], 1.0, 0.0)),
        "relevance_share": [asdict(point) for point in by_share],
        "calibration": [asdict(point) for point in by_calibration],
    }


def make_cases(store: DemoStore, customers: int, validation: bool) -> list[Case]:
    """Candidates of the last days, ranked by what was known before them."""
    products = {product.id: product for product in store.products}
    levels = PriceLevels.observe(store.products)
    popularity, opinion = Popularity(), Opinion(levels, read_priors())
    profiles: dict[str, CustomerProfile] = {}
    cut = store.events.end - (MONTH - TAUGHT)
    utility = dict(
        zip(
            store.truth.arrays["impression_event"].tolist(),
            store.truth.arrays["impression_utility"].tolist(),
            strict=True,
        )
    )
    numbers = {key: n for n, key in enumerate(store.events.customer_ids)}
    later: dict[str, dict[str, float]] = {}
    for row, event in enumerate(store.events):
        if event.at < cut:
            product = products[event.product_id]
            popularity.observe([event])
            profile = profiles.setdefault(event.customer_id, CustomerProfile(event.customer_id))
            profile.apply(event, product, levels, opinion)
            opinion.observe(event, product)
        elif row in utility and numbers[event.customer_id] % 2 != validation:
            liked = 1 / (1 + np.exp(-utility[row]))
            later.setdefault(event.customer_id, {})[event.product_id] = float(liked)
    popularity.bias.fit()
    ranker = LearnedRanker(Features(popularity, levels, opinion), open_scorer(), now=lambda: cut)
    cases: list[Case] = []
    for key in sorted(later):
        liked = later[key]
        if len(liked) < LEAST_CANDIDATES or key not in profiles or len(cases) == customers:
            continue
        found = [_candidate(products[i]) for i in liked]
        ranked = ranker.rank(found, profiles[key], Constraints())
        cases.append(Case(ranked, liked, interests_of(ranked, profiles[key])))
    return cases


def measure(cases: Sequence[Case], relevance_share: float, calibration: float) -> Point:
    """One point of the curve."""
    shown = [
        diversify(
            case.ranked,
            LIST,
            interests=case.interests,
            relevance_share=relevance_share,
            calibration=calibration,
        )
        for case in cases
    ]
    return _point(cases, shown, relevance_share, calibration)


def _point(
    cases: Sequence[Case], lists: Sequence[list[Candidate]], share: float, calibration: float
) -> Point:
    figures = []
    for case, shown in zip(cases, lists, strict=True):
        gains = [case.liked[c.id] for c in shown]
        best = sorted(case.liked.values(), reverse=True)
        leaves = {tuple(c.product.category_path) for c in shown}
        figures.append(
            (
                _dcg(gains) / _dcg(best[:LIST]),
                list_likeness(shown),
                miscalibration(shown, case.interests),
                float(len(leaves)),
            )
        )
    means = np.mean(figures, axis=0).round(4).tolist() if figures else [0.0] * 4
    return Point(share, calibration, *means)


def draw(report: Mapping[str, Any]) -> str:
    """The curve of liking against likeness as an SVG."""
    points = [Point(**point) for point in report["relevance_share"]]
    xs, ys = [p.likeness for p in points], [p.liking for p in points]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)

    def place(point: Point) -> tuple[float, float]:
        x = MARGIN + (point.likeness - left) / ((right - left) or 1) * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - (point.liking - low) / ((high - low) or 1) * (HEIGHT - 2 * MARGIN)
        return round(x, 1), round(y, 1)

    line = " ".join(f"{x},{y}" for x, y in map(place, points))
    marks = []
    for point in points:
        x, y = place(point)
        fill = "#0f766e" if point.relevance_share == RELEVANCE_SHARE else "#fff"
        marks.append(
            f'<circle cx="{x}" cy="{y}" r="4" fill="{fill}" stroke="#0f766e"/>'
            f'<text x="{x + 7}" y="{y + 14}">{point.relevance_share:g}</text>'
        )
    axes = (
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{escape(f'likeness within a list ({left:.3f} to {right:.3f})')}</text>"
        f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {HEIGHT / 2})">'
        f"{escape(f'true NDCG@{LIST} ({low:.3f} to {high:.3f})')}</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
        f'<polyline points="{line}" fill="none" stroke="#0f766e"/>{"".join(marks)}{axes}</svg>\n'
    )


def _candidate(product: Product) -> Candidate:
    return Candidate(product, product.variants[0])


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / float(np.log2(2 + place)) for place, gain in enumerate(gains))
