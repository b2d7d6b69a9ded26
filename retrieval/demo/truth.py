"""What is hidden in the demo store and known to evals only: how good each product really is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from retrieval.demo.dice import dice
from retrieval.demo.products import MadeProduct

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class Truth:
    """The demo store's secrets. Training never reads this; evals measure against it."""

    quality: dict[str, dict[str, float]]
    """By product id and aspect, in [-1, 1]."""
    labels: dict[str, dict[str, int]]
    """By review id: aspect to +1 or -1, every aspect that the text speaks of."""
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    """Customers' preferences and, per impression, its row among the events, utility and true
    probabilities; ``retrieval.demo.behaviour`` says which."""


def hidden_quality(made: MadeProduct, seed: int) -> dict[str, float]:
    """A product's quality by aspect in [-1, 1]: one part of its own, one part per aspect.

    Dearer brands are a little better in everything but value.
    """
    rng = dice(seed, "quality", made.product.id)
    whole = rng.gauss(0.22, 0.32)
    found = {}
    for aspect in aspects_of(made):
        tier = -0.07 * (made.tier - 2) if aspect == "value" else 0.07 * (made.tier - 2)
        found[aspect] = round(max(-1.0, min(1.0, whole + tier + rng.gauss(0, 0.42))), 3)
    return found


def aspects_of(made: MadeProduct) -> list[str]:
    """The aspects on which a product of this kind can be judged."""
    return [*made.kind.aspects, *made.department.aspects]


def quality_matrix(
    quality: dict[str, dict[str, float]], product_ids: Sequence[str], aspects: Sequence[str]
) -> Floats:
    """``(products, aspects)``, 0 where an aspect does not apply."""
    rows = [[quality[key].get(aspect, 0.0) for aspect in aspects] for key in product_ids]
    return np.array(rows, np.float32).reshape(len(product_ids), len(aspects))
