from typing import Any
from xml.etree import ElementTree

import pytest

from evals.diversity import Case, Point, draw, measure
from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant


@pytest.fixture
def cases() -> list[Case]:
    """Four twins that are liked, and four different things that are liked a little less."""
    twins = [made(f"t{n}", "Plain cotton shirt", "Shirts", 0.9) for n in range(4)]
    titles = ("Oak table", "Wool scarf", "Desk lamp", "Garden hose")
    others = [made(f"o{n}", title, f"Kind {n}", 0.8) for n, title in enumerate(titles)]
    ranked = [*twins, *others]
    return [Case(ranked, {c.id: c.score for c in ranked}, {})]


def made(key: str, title: str, kind: str, score: float) -> Candidate:
    product = Product(
        id=key, title=title, brand=kind, category_path=[kind], variants=[Variant(sku=key, price=1)]
    )
    return Candidate(product, product.variants[0], score=score)


def test_variety_costs_liking_and_lowers_likeness(cases: list[Case]) -> None:
    alike, varied = measure(cases, 1.0, 0.0), measure(cases, 0.3, 0.0)
    assert alike.liking > varied.liking
    assert alike.likeness > varied.likeness
    assert (alike.categories, varied.categories) == (4.0, 5.0)  # never a third twin


def test_the_curve_is_drawn_with_every_point() -> None:
    points = [Point(share, 0.2, share / 2, share / 3, 0.1, 2.0) for share in (1.0, 0.8, 0.5)]
    report: dict[str, Any] = {
        "relevance_share": [
            {name: getattr(point, name) for name in Point.__slots__} for point in points
        ]
    }
    drawn = ElementTree.fromstring(draw(report))
    assert len(drawn.findall("{*}circle")) == 3
