"""Trains the learnt order of search: LambdaMART on queries with graded products."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from finetune.errors import TrainingDataError

_LEVELS = 30
FEWEST = 20
"""Queries that the trees need at least."""


@dataclass(frozen=True, slots=True)
class CandidateList:
    """What was found for one query.

    ``features``: ``(rows, features)``; ``gains``: ``(rows,)``, 0 where a row does not answer.
    """

    features: NDArray[np.float32]
    gains: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Growth:
    """How the trees grow."""

    forests: int = 2
    """Grown from different seeds and averaged."""
    rounds: int = 200
    rate: float = 0.05
    leaves: int = 31
    least_in_leaf: int = 50
    threads: int = 0
    seed: int = 7


def train_order(
    lists: Sequence[CandidateList], names: Sequence[str], growth: Growth
) -> list[lightgbm.Booster]:
    """Forests for the highest nDCG@10 over ``lists``.

    Raises:
        TrainingDataError: too few lists hold both answers and others.
    """
    telling = [found for found in lists if 0 < np.count_nonzero(found.gains) < len(found.gains)]
    if len(telling) < FEWEST:
        raise TrainingDataError(
            f"Only {len(telling)} queries have something to order; {FEWEST} are needed."
        )
    gains = np.concatenate([found.gains for found in telling])
    top = float(gains.max())
    data = lightgbm.Dataset(
        np.vstack([found.features for found in telling]),
        np.rint(gains / top * _LEVELS).astype(np.int32),
        group=[len(found.gains) for found in telling],
        feature_name=list(names),
    )
    return [
        lightgbm.train(_settings(growth, len(gains), seed), data, num_boost_round=growth.rounds)
        for seed in range(growth.seed, growth.seed + growth.forests)
    ]


def _settings(growth: Growth, rows: int, seed: int) -> dict[str, Any]:
    return {
        "objective": "lambdarank",
        "label_gain": [level / _LEVELS for level in range(_LEVELS + 1)],
        "lambdarank_truncation_level": 20,
        "learning_rate": growth.rate,
        "num_leaves": growth.leaves,
        "min_data_in_leaf": min(growth.least_in_leaf, max(1, rows // 200)),
        "feature_fraction": 0.5,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "num_threads": growth.threads,
        "seed": seed,
        "deterministic": True,
        "verbose": -1,
    }
