"""Averages the adapters of runs that began at the same weights into one."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.understanding.intent_adapter import IntentAdapter
from finetune.errors import TrainingDataError
from retrieval.encoder.encoder import Vectors


def average(adapters: Sequence[IntentAdapter]) -> IntentAdapter:
    """The mean of their weights, with the card of the last.

    Runs from one start lie in one basin, and their mean errs less than each (model soups:
    Wortsman et al. 2022, https://arxiv.org/abs/2203.05482). Calibrate it afterwards:
    ``shopkeeper train intent --start AVERAGE --set epochs=0``.

    Raises:
        TrainingDataError: there are none, or they have other labels, layers or ranks.
    """
    if not adapters:
        raise TrainingDataError("There is nothing to average.")
    last = adapters[-1]
    for other in adapters:
        if other.card.labels != last.card.labels or _shapes(other) != _shapes(last):
            raise TrainingDataError("Only adapters of the same labels, layers and rank average.")
    return IntentAdapter(
        layers={
            name: (
                _mean([a.layers[name][0] for a in adapters]),
                _mean([a.layers[name][1] for a in adapters]),
            )
            for name in last.layers
        },
        head=_mean([a.head for a in adapters]),
        bias=_mean([a.bias for a in adapters]),
        card=last.card,
    )


def _mean(arrays: Sequence[Vectors]) -> Vectors:
    mean: Vectors = np.stack(arrays).mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def _shapes(adapter: IntentAdapter) -> dict[str, tuple[tuple[int, ...], ...]]:
    return {name: tuple(m.shape for m in pair) for name, pair in adapter.layers.items()}


if __name__ == "__main__":  # python -m finetune.intent.average ADAPTER ADAPTER... OUT
    *sources, target = map(Path, sys.argv[1:])
    average([IntentAdapter.load(path, any_body=True) for path in sources]).save(target)
