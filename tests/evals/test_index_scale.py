"""A shop of some dozens of products goes the whole way that a million go."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from evals.generated_shop import GeneratedShop
from evals.growth_plot import growth_plot
from evals.index_scale import Served
from evals.search_latency import metadata, where
from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.opening import open_encoder
from retrieval.search.fit import fitting_variants

MODELS = Path(__file__).parents[2] / "var" / "test-cache" / "encoder"
TITLES = [
    f"{color} {thing} {number} in."
    for number, (color, thing) in enumerate(
        (color, thing)
        for color in ("red", "blue", "oak", "steel")
        for thing in ("wall paint", "garden hose", "table lamp", "door handle", "kitchen sink")
    )
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(MODELS, "cpu")


@pytest.fixture(scope="module")
def shop(encoder: Encoder) -> GeneratedShop:
    return GeneratedShop(TITLES, encoder.encode(TITLES), 60, encoder)


def test_varied_titles_differ_and_their_vectors_are_as_far_as_the_encoders(
    shop: GeneratedShop, encoder: Encoder
) -> None:
    titles = [shop.title(number) for number in range(60)]
    assert set(titles[:20]) == set(TITLES)
    assert len(set(titles)) == 60
    vectors = shop.vector_rows(0, 60)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    own = encoder.encode([titles[number] for number in range(20, 60)])
    bases = np.stack([encoder.encode([TITLES[shop._base[n]]])[0] for n in range(20, 60)])
    real, made = (own * bases).sum(axis=1).mean(), (vectors[20:] * bases).sum(axis=1).mean()
    assert made == pytest.approx(real, abs=0.02)


def test_a_generated_shop_is_served_and_measured(shop: GeneratedShop, tmp_path: Path) -> None:
    shop.write(tmp_path, queries=8)
    figures = Served(tmp_path, MODELS).figures()
    assert figures["outside_filters"] == 0
    assert figures["recall"] == {"at_10": 1.0, "at_100": 1.0}
    assert 0 < figures["filtered"]["wall_ms"]["p50"] <= figures["filtered"]["wall_ms"]["p95"]
    assert figures["memory_mb"]["own"] <= figures["memory_mb"]["resident"]
    assert all(figures["updates"][kind] < 5 for kind in ("new_s", "price_s", "sold_out_s"))
    assert figures["chroma_where"]["ratio_p50"] > 0
    drawn = growth_plot([{"products": n, **figures} for n in (10, 1000)])
    assert len(ElementTree.fromstring(drawn).findall(".//{*}polyline")) == 6


def test_chroma_is_asked_for_the_same_products(shop: GeneratedShop) -> None:
    for line in shop.queries(20):
        wanted = Constraints.model_validate(line)
        conditions = where(wanted)
        for condition in conditions.get("$and", [conditions]):
            ((name, value),) = condition.items()
            assert name in metadata(shop.product(0))
            assert value is not None
        ours = {
            number for number in range(60) if fitting_variants(shop.product(number), wanted, {})
        }
        theirs = {
            number for number in range(60) if _passes(metadata(shop.product(number)), conditions)
        }
        assert ours == theirs


def _passes(held: dict[str, object], conditions: dict[str, object]) -> bool:
    """Chroma's operators, said again."""
    if "$and" in conditions:
        return all(_passes(held, part) for part in conditions["$and"])  # type: ignore[attr-defined]
    ((name, value),) = conditions.items()
    if not isinstance(value, dict):
        return held[name] == value
    ((operator, bound),) = value.items()
    found = held[name]
    return {
        "$gte": lambda: found >= bound,
        "$lte": lambda: found <= bound,
        "$in": lambda: found in bound,
    }[operator]()
