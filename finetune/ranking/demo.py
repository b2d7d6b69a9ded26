"""Trains the packaged ranking model on the demo store, and measures it against the store's truth.

    python -m finetune.ranking.demo --out retrieval/ranking/data
    python -m finetune.ranking.demo --history regulars

``month`` is the demo store as it ships: a month, four lists for each customer. ``regulars`` is
the same shop and the same truth with a year of a hundred customers who look at a list a day, for
what the ranking learns where there is something to learn from. Only this measurement reads the
truth: the generator's own click probabilities and preferences.
"""

import argparse
import logging
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.ranking.metrics import auc, calibration_error, ndcg
from finetune.ranking.rows import (
    COLUMNS,
    Rows,
    Split,
    early_priors,
    make_rows,
    split_by_time,
)
from finetune.ranking.texts import encode_products
from finetune.ranking.train import Trained, train
from finetune.ranking.verdict import judge, lists_of, score_rows
from retrieval.demo.generator import Behaviour, DemoStore, generate
from retrieval.encoder.opening import open_encoder
from retrieval.ranking.network import CARD, WEIGHTS
from retrieval.ranking.ranker import open_scorer
from retrieval.ranking.scorers import LinearScorer, TreeScorer, load_scorer
from retrieval.ranking.trees import Trees

Array = NDArray[np.float64]
SEED = 7
HISTORIES = {
    "month": Behaviour(),
    "regulars": Behaviour(customers=100, lists_each=360.0, days=365),
}


def main() -> None:
    """Trains, prints the table, and packages to ``--out`` what is not worse than what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", type=Path, default=Path("var/train-ranking"))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--history", choices=sorted(HISTORIES), default="month")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log = logging.getLogger(__name__)
    store = generate(SEED, arguments.scale, behaviour=HISTORIES[arguments.history])
    products = {p.id: p for p in store.products}
    events = list(store.events)
    rows = make_rows(events, products, store.reviews, early_priors(events, products))
    log.info("%d impressions, %.0f clicks", len(rows), rows.clicked.sum())
    log.info("variances of tastes: %s", {k: v for k, v in rows.vocabulary.priors.items() if v})
    split = split_by_time(rows)
    encoder = open_encoder(arguments.work / "encoder", "auto", threads=1)
    texts = encode_products(encoder, rows.vocabulary.products, products)
    trained = train(split, arguments.work / arguments.history, SEED, texts)
    log.info(table(trained, split.test, store, texts))
    if arguments.out:
        package(split, arguments.work / "packaged", arguments.out, log)


def package(split: Split, work: Path, out: Path, log: logging.Logger) -> None:
    """Trains what may serve other shops and copies it to ``out``, unless what is there is better.

    That is the trees alone. A network without ids and texts orders this shop's clicks as well, but
    with the few clicks of a new shop it may put a brand lower that a customer likes.
    """
    shutil.rmtree(work, ignore_errors=True)
    trained = train(split, work, SEED)
    verdict = judge(load_scorer(work), open_scorer(out), split.test)
    if verdict.refusal:
        log.info("not copied: %s", verdict.refusal)
        return
    for name in (CARD, WEIGHTS):
        (out / name).unlink(missing_ok=True)
    shutil.copytree(work, out, dirs_exist_ok=True)
    log.info("copied to %s: %s", out, trained.kind)


def table(trained: Trained, test: Rows, store: DemoStore, texts: NDArray[np.float32]) -> str:
    """Click AUC and NDCG@10 of true preference on the held-out days, as Markdown."""
    truth = _Truth(test, store)

    def column(name: str) -> Array:
        return test.features[:, COLUMNS.index(name)]

    click = trained.folder / "click.txt"
    rankings: dict[str, Array] = {
        "random order": np.random.default_rng(SEED).random(len(test)),
        "as shown (position)": -column("position"),
        "rating": column("rating"),
        "popularity (click rate, debiased)": column("click_lift"),
        "fixed weights": score_rows(LinearScorer(), test),
        "LightGBM, as in serving": score_rows(TreeScorer.load(trained.folder), test),
    }
    known: dict[str, Array] = {}
    if trained.network is not None:
        rankings["network, as in serving"] = score_rows(load_scorer(trained.folder), test)
    rankings["LightGBM, query known"] = _log_odds(click, test, {"position": 0.0})
    known["LightGBM, position and query known"] = _log_odds(click, test, None)
    if trained.network is not None:
        odds, chance, _ = trained.network.chances(test, texts)
        rankings["network, query known"] = odds
        known["network, position and query known"] = chance
    best = auc(test.clicked, truth.click)
    lines = ["| ranking | click AUC | of the oracle | NDCG@10 |", "|---|---|---|---|"]
    for name, scores in rankings.items():
        lines.append(f"| {name} | {auc(test.clicked, scores):.4f} | | {truth.ndcg(scores):.4f} |")
    for name, scores in known.items():
        figure = auc(test.clicked, scores)
        lines.append(f"| {name} | {figure:.4f} | {figure / best:.3f} | |")
    oracle = truth.ndcg(truth.utility)
    lines.append(f"| oracle (true probability) | {best:.4f} | 1 | {oracle:.4f} |")
    lines += ["", f"serves: {trained.kind}; {trained.rows}", str(trained.scores)]
    if trained.network is not None:
        lines.append(
            f"calibration of the true chances: {calibration_error(truth.click, chance):.4f}"
        )
        lines.append(f"{trained.network.rows_per_second:.0f} rows a second in training")
    return "\n".join(lines)


def _log_odds(path: Path, rows: Rows, fixed: dict[str, float] | None) -> Array:
    parts, bias = Trees.load(path, fixed).contributions(rows.features)
    return np.asarray(parts.sum(axis=1) + bias)


class _Truth:
    """The generator's secrets for the impressions of some rows."""

    def __init__(self, rows: Rows, store: DemoStore) -> None:
        arrays = store.truth.arrays
        place = {event: i for i, event in enumerate(arrays["impression_event"].tolist())}
        own = np.array([place[event] for event in rows.source.tolist()])
        self.click = arrays["impression_click"][own].astype(np.float64)
        self.utility = arrays["impression_utility"][own].astype(np.float64)
        order = np.argsort(lists_of(rows), kind="stable")
        starts = np.flatnonzero(np.diff(lists_of(rows)[order])) + 1
        self._lists = [part for part in np.split(order, starts) if len(part) > 1]

    def ndcg(self, scores: Array) -> float:
        """Mean NDCG@10 over the lists shown; the gain is the true preference, sigmoid(utility)."""
        gains = 1 / (1 + np.exp(-self.utility))
        return float(np.mean([ndcg(gains[part], scores[part]) for part in self._lists]))


if __name__ == "__main__":
    main()
