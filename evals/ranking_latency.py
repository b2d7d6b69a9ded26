"""How long ranking takes, beside Deep Interest Network in plain torch, and how fast both learn.

    python -m evals.ranking_latency

Ranks 100 products of the demo store for a customer with a full history, on one thread. The network
is not trained: the figures are of time alone. DIN (Zhou et al. 2018) is given the same inputs and
about as many weights, with attention over the same twenty actions and its usual 200-80 layers.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import torch
from torch import Tensor, nn

from finetune.ranking.course import NUMBERS, Course, Fitted, fit, tabulate
from finetune.ranking.export import export
from finetune.ranking.network import Batch
from finetune.ranking.rows import COLUMNS, Rows, Split, Vocabulary
from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.demo.generator import demo_products
from retrieval.events.event import Event, EventType
from retrieval.ranking.features import TRAINING_ONLY, Features
from retrieval.ranking.network import RankingNetwork as ServedNetwork
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import ACTION_KINDS, ACTIONS, CustomerProfile
from retrieval.ranking.ranker import LearnedRanker, open_scorer
from retrieval.ranking.scorers import LinearScorer, NetworkScorer, Scorer
from retrieval.ranking.traits import PriceLevels

__all__ = ["measure"]
CANDIDATES = 100
TEXT = 384


class DeepInterestNetwork(nn.Module):
    """DIN as published: one activation unit and two layers, over the same inputs."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.text = nn.Linear(TEXT, 64)
        self.unit = nn.Sequential(nn.Linear(256, 36), nn.PReLU(), nn.Linear(36, 1))
        self.layers = nn.Sequential(
            nn.Linear(numbers + 128, 200),
            nn.PReLU(),
            nn.Linear(200, 80),
            nn.PReLU(),
            nn.Linear(80, 1),
        )

    def forward(self, batch: Batch) -> Tensor:
        """Log-odds of clicks, (n,)."""
        item = self.text(batch.texts[batch.item])
        past = self.text(batch.texts[batch.history])
        there = (batch.history >= 0).unsqueeze(-1)
        each = item.unsqueeze(1).expand_as(past)
        weights = self.unit(torch.cat([each, past, each - past, each * past], -1)) * there
        interest = (weights * past).sum(1)
        odds: Tensor = self.layers(torch.cat([batch.numbers, item, interest], 1))[:, 0]
        return odds


def measure(repeats: int = 50, rows: int = 40_000, device: str = "auto") -> dict[str, float]:
    """Milliseconds (median) and training rows a second."""
    torch.set_num_threads(1)
    random = np.random.default_rng(7)
    split = _rows(rows, random)
    texts = random.normal(size=(len(split.train.vocabulary.products), TEXT)).astype(np.float32)
    fitted = fit(split, texts, Course(epochs=1, device=device))
    found = {"network_training_rows_per_s": fitted.rows_per_second}
    found["din_training_rows_per_s"] = _train_din(split, texts, fitted)
    return found | _serving(fitted, texts, split, repeats)


def _serving(
    fitted: Fitted,
    texts: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
    split: Split,
    repeats: int,
) -> dict[str, float]:
    products = demo_products(scale=0.2)
    levels = PriceLevels.observe(products)
    opinion = Opinion(levels)
    profile = CustomerProfile("c")
    at = datetime.now(UTC) - timedelta(days=1)
    for place in range(400):
        product = products[place % len(products)]
        for kind in (EventType.IMPRESSION, EventType.CLICK)[: 1 + (place % 5 == 0)]:
            event = Event(
                type=kind,
                customer_id="c",
                product_id=product.id,
                position=place % 12,
                at=at + timedelta(seconds=place),
            )
            opinion.observe(event, product)
            profile.apply(event, product, levels, opinion)
    features = Features(Popularity(), levels, opinion)
    network = fitted.network.cpu()
    scorer = NetworkScorer(_served(fitted, texts, split))

    def ranking(held: Scorer, clock: Callable[[], float] = time.perf_counter) -> float:
        ranker = LearnedRanker(features, held)

        def once() -> object:
            candidates = [Candidate(p, p.variants[0]) for p in products[:CANDIDATES]]
            began = clock()
            ranker.rank(candidates, profile, Constraints())
            return clock() - began

        return _median(once, repeats)

    found = {
        "rank_100_network_ms": ranking(scorer),
        "rank_100_network_cpu_ms": ranking(scorer, time.process_time),
        "rank_100_packaged_ms": ranking(open_scorer()),
        "rank_100_packaged_cpu_ms": ranking(open_scorer(), time.process_time),
        "rank_100_fixed_weights_ms": ranking(LinearScorer()),
    }
    table = tabulate(split.test, texts, fitted.scale, torch.device("cpu"))
    part = torch.arange(CANDIDATES)
    batch = table.batch(part)
    din = DeepInterestNetwork(len(NUMBERS)).eval()
    rows = split.test.features[:CANDIDATES, : len(COLUMNS) - len(TRAINING_ONLY)]
    ids = [split.test.vocabulary.products[i] for i in split.test.item[:CANDIDATES]]
    latest = list(profile.latest)
    with torch.inference_mode():
        found["score_100_network_numpy_ms"] = _median(
            lambda: _timed(lambda: scorer.network.odds(rows, ids, latest)), repeats
        )
        found["score_100_network_torch_ms"] = _median(
            lambda: _timed(lambda: network(batch)), repeats
        )
        found["score_100_din_torch_ms"] = _median(lambda: _timed(lambda: din(batch)), repeats)
    found["din_to_network_time"] = (
        found["score_100_din_torch_ms"] / found["score_100_network_numpy_ms"]
    )
    candidate = Candidate(products[0], products[0].variants[0])
    event = Event(type=EventType.CLICK, customer_id="c", product_id=products[0].id)

    def learnt() -> object:
        began = time.perf_counter()
        event.at = datetime.now(UTC)
        profile.apply(event, candidate.product, levels, opinion)
        return time.perf_counter() - began

    found["event_to_profile_ms"] = _median(learnt, repeats)
    return found


def _served(
    fitted: Fitted, texts: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", split: Split
) -> ServedNetwork:
    from pathlib import Path  # noqa: PLC0415
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        export(fitted, texts, split.train.vocabulary, Path(folder))
        return ServedNetwork.load(Path(folder))


def _train_din(
    split: Split, texts: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", fitted: Fitted
) -> float:
    """Rows a second of one pass."""
    device = torch.device(fitted.device)
    table = tabulate(split.train, texts, fitted.scale, device)
    din = DeepInterestNetwork(len(NUMBERS)).to(device)
    optimiser = torch.optim.AdamW(din.parameters(), lr=1e-3)
    began = time.perf_counter()
    for part in torch.randperm(len(table), device=device).split(Course().batch):  # type: ignore[no-untyped-call]
        value = nn.functional.binary_cross_entropy_with_logits(
            din(table.batch(part)), table.labels[part, 0]
        )
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return len(table) / (time.perf_counter() - began)


def _rows(count: int, random: np.random.Generator) -> Split:
    """Rows of noise: time does not depend on what is in them."""
    vocabulary = Vocabulary([f"p{n}" for n in range(2000)], [""], {})

    def some(n: int) -> Rows:
        labels = random.random((3, n)) < np.array([[0.1], [0.04], [0.02]])
        features = random.normal(size=(n, len(COLUMNS)))
        features[:, COLUMNS.index("position")] = random.integers(0, 12, n)
        return Rows(
            features=features,
            clicked=labels[0].astype(np.float64),
            carted=labels[1].astype(np.float64),
            purchased=labels[2].astype(np.float64),
            day=np.arange(n, dtype=np.float64),
            customers=np.array(["c"] * n),
            item=random.integers(0, 2000, n).astype(np.int32),
            query=np.zeros(n, np.int32),
            history=random.integers(0, 2000, (n, ACTIONS)).astype(np.int32),
            actions=random.integers(0, len(ACTION_KINDS), (n, ACTIONS)).astype(np.int8),
            stranger=np.zeros(n, np.bool_),
            source=np.arange(n),
            vocabulary=vocabulary,
        )

    return Split(some(count), some(2000), some(2000))


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _median(once: Callable[[], object], repeats: int) -> float:
    """Milliseconds; the first runs warm up."""
    times = [float(str(once())) for _ in range(repeats + 5)][5:]
    return float(np.median(times)) * 1000


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    arguments = parser.parse_args()
    found = measure(arguments.repeats, arguments.rows, arguments.device)
    figures = {name: round(value, 3) for name, value in found.items()}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
