import numpy as np
import pytest

from finetune.sequence.blend import Pools, learn_weights, ndcg, recall
from retrieval.ranking.sequence.card import SIGNALS


def pool(cases: int = 300, items: int = 20) -> Pools:
    """What comes next depends on the first signal twice as much as on the fourth; others lie."""
    random = np.random.default_rng(4)
    signals = random.normal(size=(cases, items, len(SIGNALS))).astype(np.float32)
    signals[..., 1] *= 1000  # another scale
    signals[..., 5] = 0  # tells nothing
    appeal = 2 * signals[..., 0] + signals[..., 3] + 0.3 * random.normal(size=(cases, items))
    right = appeal == appeal.max(axis=1, keepdims=True)
    present = np.ones_like(right)
    return Pools(signals, right, present, np.ones(cases, dtype=np.int64))


def test_the_weights_find_what_matters() -> None:
    some = pool()
    weights = learn_weights(some, 10)
    assert set(weights) <= set(SIGNALS) - {"content"}
    assert weights["network"] > weights["own"] > 0
    told = np.array([weights.get(name, 0) for name in SIGNALS], dtype=np.float32)
    alone = np.eye(len(SIGNALS), dtype=np.float32)[0]
    assert ndcg(some, told, 10) > ndcg(some, alone, 10) + 0.02
    assert ndcg(some, told, 10) > 0.9


def test_signals_that_nothing_is_known_of_still_break_ties() -> None:
    some = pool(cases=1, items=4)
    some.signals[..., [2, 3, 4, 6]] = 0
    told = learn_weights(some, 10)
    assert set(told) == {"network", "follows"}
    nothing = Pools(some.signals, some.right, np.zeros_like(some.present), some.targets)
    assert learn_weights(nothing, 10)["follows"] == 1.0


def test_ndcg_and_recall_of_a_known_order() -> None:
    signals = np.zeros((1, 4, len(SIGNALS)), dtype=np.float32)
    signals[0, :, 0] = [4, 3, 2, 1]
    right = np.array([[False, True, False, True]])
    weights = np.eye(len(SIGNALS), dtype=np.float32)[0]
    some = Pools(signals, right, np.ones((1, 4), dtype=np.bool_), np.array([2]))
    assert recall(some, weights, 2) == pytest.approx(0.5)
    assert ndcg(some, weights, 2) == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_padding_is_never_ranked() -> None:
    signals = np.zeros((1, 3, len(SIGNALS)), dtype=np.float32)
    signals[0, :, 0] = [1, -5, 0]
    some = Pools(
        signals,
        np.array([[False, True, False]]),
        np.array([[True, True, False]]),
        np.array([1]),
    )
    assert recall(some, np.eye(len(SIGNALS), dtype=np.float32)[0], 2) == 1
