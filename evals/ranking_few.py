"""How near trees and network come to the oracle on a short history, in seconds.

    python -m evals.ranking_few --seed 9

Few customers of the demo store who look at a list every few days for a year. Instead of the clicks
that were drawn their true chances are ranked, so that chance does not blur small differences: the
share is of the AUC that the true chances themselves would have. The network reads no texts.
"""

import argparse
import sys

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from finetune.ranking.course import Course, fit
from finetune.ranking.rows import Split, early_priors, make_rows, split_by_time
from finetune.ranking.train import PARAMETERS
from retrieval.demo.generator import Behaviour, DemoStore, generate

Array = NDArray[np.float64]
ROUNDS, PATIENCE, BATCH = 300, 15, 512


def measure(
    seed: int, customers: int = 20, lists: float = 100.0, scale: float = 1.0
) -> dict[str, float]:
    """Shares of the oracle's AUC, position and query known."""
    store = generate(seed, scale, behaviour=Behaviour(customers, lists, 365))
    products, events = {p.id: p for p in store.products}, list(store.events)
    rows = make_rows(events, products, store.reviews, early_priors(events, products))
    split = split_by_time(rows)
    chances = _chances(split, store)
    best = expected_auc(chances, chances)
    data = lgb.Dataset(split.train.features, split.train.clicked)
    valid = lgb.Dataset(split.valid.features, split.valid.clicked, reference=data)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    trees = lgb.train(
        {**PARAMETERS, "seed": seed}, data, ROUNDS, valid_sets=[valid], callbacks=[stop]
    )
    found = np.asarray(trees.predict(split.test.features, num_iteration=trees.best_iteration))
    texts = np.zeros((len(rows.vocabulary.products), 1), np.float32)
    network = fit(split, texts, Course(batch=BATCH, seed=seed, device="cpu"))
    _, click, _ = network.chances(split.test, texts)
    return {
        "LightGBM": expected_auc(found, chances) / best,
        "network": expected_auc(click, chances) / best,
    }


def expected_auc(scores: Array, chances: Array) -> float:
    """The chance that what is clicked scores above what is not, ties by their order."""
    hit = chances[np.argsort(scores, kind="stable")]
    missed = 1 - hit
    below = np.cumsum(missed) - missed / 2
    return float((hit * below).sum() / (hit.sum() * missed.sum()))


def _chances(split: Split, store: DemoStore) -> Array:
    """The true chances of a click on the newest rows."""
    arrays = store.truth.arrays
    place = {event: i for i, event in enumerate(arrays["impression_event"].tolist())}
    own = [place[event] for event in split.test.source.tolist()]
    return np.asarray(arrays["impression_click"][own], dtype=np.float64)


def main() -> None:
    """Prints a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    seed = parser.parse_args().seed
    found = ", ".join(f"{name} {share:.4f}" for name, share in measure(seed).items())
    sys.stdout.write(f"seed {seed}, of the oracle's AUC: {found}\n")


if __name__ == "__main__":
    main()
