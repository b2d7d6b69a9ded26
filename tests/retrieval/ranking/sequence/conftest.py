from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.ranking.sequence.card import SequenceCard
from retrieval.ranking.sequence.model import SequenceModel

ITEMS = ["tent", "stove", "mug", "boots", "socks"]
SIZE = 4


def numbers(pooling: str = "slices", texts: bool = False) -> dict[str, NDArray]:
    """Arrays as training writes them, drawn at random."""
    random = np.random.default_rng(3)

    def draw(*shape: int) -> NDArray[np.float32]:
        return random.normal(size=shape).astype(np.float32)

    found = {
        "network.items": draw(5, SIZE),
        "network.positions": draw(6, SIZE),
        "network.gaps.weight": draw(17, SIZE),
        "network.kinds.weight": draw(2, SIZE),
        "network.norm.weight": draw(SIZE),
        "network.norm.bias": draw(SIZE),
        "popularity": np.log(np.array([0.4, 0.3, 0.15, 0.1, 0.05], dtype=np.float32)),
        # The stove follows the tent, socks follow boots; mug and stove are had together.
        "follows.starts": np.array([0, 1, 1, 1, 2, 2]),
        "follows.items": np.array([1, 4], dtype=np.int32),
        "follows.values": np.array([0.5, 0.8], dtype=np.float32),
        "together.starts": np.array([0, 0, 1, 2, 2, 2]),
        "together.items": np.array([2, 1], dtype=np.int32),
        "together.values": np.array([0.9, 0.9], dtype=np.float32),
    }
    for block in range(2):
        name = f"network.blocks.{block}."
        for part, rows in (("query_key_value", 3 * SIZE), ("out", SIZE), ("up", 4 * SIZE)):
            found[f"{name}{part}.weight"] = draw(rows, SIZE)
            found[f"{name}{part}.bias"] = draw(rows)
        found[name + "down.weight"], found[name + "down.bias"] = draw(SIZE, 4 * SIZE), draw(SIZE)
        for part in ("norm_in", "norm_mid"):
            found[f"{name}{part}.weight"], found[f"{name}{part}.bias"] = draw(SIZE), draw(SIZE)
    if pooling == "slices":
        found["network.blocks.1.ages"] = draw(2, 16)
    if texts:
        found["texts"] = np.eye(5, 8, dtype=np.float32)
        found["text_weights"] = draw(SIZE, 8)
    return found


@pytest.fixture
def make_model() -> Callable[..., SequenceModel]:
    def make(
        weights: dict[str, float], pooling: str = "slices", texts: bool = False, **changes: object
    ) -> SequenceModel:
        card = SequenceCard(
            pooling=pooling,
            heads=2,
            blocks=2,
            longest=6,
            remembered=8,
            window=2,
            gap_hours=1,
            kinds=["", "purchase"],
            decay=0.5,
            repeats=False,
            weights={"next": weights, "with": weights},
        )
        return SequenceModel.of(card.model_copy(update=changes), ITEMS, numbers(pooling, texts))

    return make


@pytest.fixture
def arrays() -> dict[str, NDArray]:
    return numbers()
