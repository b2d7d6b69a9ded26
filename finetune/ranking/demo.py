"""Trains the packaged ranking model on the demo store, and measures it against the store's truth.

    python -m finetune.ranking.demo --out retrieval/ranking/data

Only this measurement reads the truth: the generator's own click probabilities and preferences.
"""

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.ranking.metrics import auc, ndcg
from finetune.ranking.rows import COLUMNS, Rows, make_rows, split_by_time
from finetune.ranking.train import Trained, promote, train
from retrieval.demo.generator import DemoStore, generate
from retrieval.ranking.features import BEHAVIOUR
from retrieval.ranking.ranker import LinearScorer, Scorer, TreeScorer
from retrieval.ranking.trees import Trees

Array = NDArray[np.float64]
SEED = 7


def main() -> None:
    """Trains, prints the table, and promotes the model to ``--out`` if it is not worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("retrieval/ranking/data"))
    parser.add_argument("--work", type=Path, default=Path("var/train-ranking"))
    parser.add_argument("--scale", type=float, default=1.0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log = logging.getLogger(__name__)
    store = generate(SEED, arguments.scale)
    rows = make_rows(store.events, {p.id: p for p in store.products}, store.reviews)
    log.info("%d impressions, %.0f clicks", len(rows), rows.clicked.sum())
    split = split_by_time(rows)
    trained = train(split, arguments.work, SEED)
    log.info(table(trained, split.test, store))
    if promote(trained, arguments.out, split.test):
        log.info("promoted to %s", arguments.out)


def table(trained: Trained, test: Rows, store: DemoStore) -> str:
    """Click AUC and NDCG@10 of true preference on the held-out days, as Markdown."""
    truth = _Truth(test, store)
    model = TreeScorer.load(trained.folder)

    def column(name: str) -> Array:
        return test.features[:, COLUMNS.index(name)]

    rankings: dict[str, Array] = {
        "random order": np.random.default_rng(SEED).random(len(test)),
        "as shown (position)": -column("position"),
        "rating": column("rating"),
        "popularity (click rate, debiased)": column("click_lift"),
        "fixed weights": _serving(LinearScorer(), test),
        "model, as in serving": _serving(model, test),
        "model, query known": _without_place(trained.folder, test),
    }
    lines = ["| ranking | click AUC | NDCG@10 |", "|---|---|---|"]
    for name, scores in rankings.items():
        figures = auc(test.clicked, scores), truth.ndcg(scores)
        lines.append(f"| {name} | {figures[0]:.4f} | {figures[1]:.4f} |")
    with_position = trained.scores.click_auc
    lines.append(f"| model, position and query known | {with_position:.4f} | |")
    best = auc(test.clicked, truth.click)
    lines.append(f"| oracle (true probability) | {best:.4f} | {truth.ndcg(truth.utility):.4f} |")
    lines += ["", f"Model with position to oracle: {with_position / best:.4f}"]
    return "\n".join([*lines, json.dumps(trained.rows), str(trained.scores)])


def _serving(scorer: Scorer, rows: Rows) -> Array:
    parts, bias = scorer.contributions(rows.features[:, : len(BEHAVIOUR)])
    return np.asarray(parts.sum(axis=1) + bias)


def _without_place(folder: Path, rows: Rows) -> Array:
    """The click model alone, told what the query named, as hard filters would see to in serving."""
    parts, bias = Trees.load(folder / "click.txt", {"position": 0.0}).contributions(rows.features)
    return np.asarray(parts.sum(axis=1) + bias)


class _Truth:
    """The generator's secrets for the impressions of some rows."""

    def __init__(self, rows: Rows, store: DemoStore) -> None:
        arrays = store.truth.arrays
        place = {event: i for i, event in enumerate(arrays["impression_event"].tolist())}
        own = np.array([place[event] for event in rows.source.tolist()])
        self.click = arrays["impression_click"][own].astype(np.float64)
        self.utility = arrays["impression_utility"][own].astype(np.float64)
        _, self._list = np.unique(
            [f"{c} {d:.9f}" for c, d in zip(rows.customers, rows.day, strict=True)],
            return_inverse=True,
        )

    def ndcg(self, scores: Array) -> float:
        """Mean NDCG@10 over the lists shown; the gain is the true preference, sigmoid(utility)."""
        gains = 1 / (1 + np.exp(-self.utility))
        order = np.argsort(self._list, kind="stable")
        starts = np.flatnonzero(np.diff(self._list[order])) + 1
        lists = [part for part in np.split(order, starts) if len(part) > 1]
        measure: Callable[[Array, Array], float] = ndcg
        return float(np.mean([measure(gains[part], scores[part]) for part in lists]))


if __name__ == "__main__":
    main()
