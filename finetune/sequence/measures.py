"""How high what came next is ranked among all items."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from finetune.sequence.batches import whole
from finetune.sequence.histories import Histories, Whole
from finetune.sequence.network import SequenceNet

_TOP = 10
_AT_ONCE = 256

Scores = NDArray[np.float32]
Score = Callable[[Sequence[int]], Scores]
"""Scores of all items, (customers, items), for some customers."""


def ranks(
    score: Score,
    histories: Histories,
    customers: Sequence[int],
    targets: Whole,
    repeats: bool,
) -> NDArray[np.float64]:
    """(customers,) how many items are ranked above the right one; ties count half.

    Args:
        score: gives (some customers, items).
        histories: what each customer had before.
        customers: their numbers.
        targets: (customers,) the right items.
        repeats: whether what a customer had competes too.
    """
    result = np.empty(len(customers))
    for start in range(0, len(customers), _AT_ONCE):
        some = customers[start : start + _AT_ONCE]
        scores = score(some)
        if not repeats:
            for row, customer in enumerate(some):
                scores[row, histories.rows[customer]] = -np.inf
        right = scores[np.arange(len(some)), targets[start : start + _AT_ONCE]][:, None]
        above, level = (scores > right).sum(axis=1), (scores == right).sum(axis=1) - 1
        result[start : start + _AT_ONCE] = above + level / 2
    return result


def rank(scores: Scores, target: int) -> float:
    """How many items score above the right one, of (items,) scores; ties count half."""
    right = scores[target]
    return float((scores > right).sum() + ((scores == right).sum() - 1) / 2)


def figures(found: NDArray[np.float64]) -> dict[str, float]:
    """Recall and NDCG among the first ten, from ``ranks``."""
    hit = found < _TOP
    return {
        "recall_at_10": round(float(hit.mean()), 4),
        "ndcg_at_10": round(float((hit / np.log2(found + 2)).mean()), 4),
    }


def network_score(net: SequenceNet, histories: Histories) -> Score:
    """The network's own scores of all items for some customers."""
    with torch.no_grad():
        items = net.item_vectors()

    @torch.no_grad()
    def score(customers: Sequence[int]) -> Scores:
        batch = whole(histories, customers, net.recipe)
        after, _ = net(batch, items)
        last = after[torch.arange(len(customers)), batch.present.sum(1) - 1]
        result: Scores = (last @ items.T).numpy()
        return result

    return score
