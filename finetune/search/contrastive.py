"""Contrastive training: a query is pulled to what answers it, away from what does not.

In-batch negatives (Henderson et al. 2017, https://arxiv.org/abs/1705.00652) and hard ones that
search itself found (Karpukhin et al. 2020, https://arxiv.org/abs/2004.04906).
"""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from finetune.precision import mixed_precision
from finetune.search.student import AdaptedEncoder

logger = logging.getLogger(__name__)

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrainingQuery:
    """A query, the rows of texts that answer it, and rows that look like it and do not."""

    text: str
    answers: tuple[int, ...]
    weights: tuple[float, ...]
    """How well each answers; an answer is drawn by its weight."""
    look_alikes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast. The rate rises over the first tenth, then falls to zero."""

    epochs: float = 2.0
    batch: int = 64
    """Queries a step; each brings one answer and ``look_alikes`` hard negatives."""
    look_alikes: int = 2
    rate: float = 1e-3
    rank: int = 32
    scale: float = 20.0
    seed: int = 7
    seconds: float = math.inf
    """Training ends there at the latest, with what it has learnt by then."""


def train_contrastive(
    encoder: AdaptedEncoder,
    queries: Sequence[TrainingQuery],
    texts: Sequence[str],
    schedule: Schedule,
    device: str = "cpu",
    told: Told = lambda line: None,
) -> None:
    """Trains the adapter of ``encoder`` in place."""
    torch.manual_seed(schedule.seed)
    encoder.to(device)
    parts = encoder.trainable()
    optimiser = torch.optim.AdamW(parts, lr=schedule.rate, weight_decay=0.01, betas=(0.9, 0.98))
    steps = max(1, round(schedule.epochs * len(queries) / schedule.batch))
    started, sums = time.monotonic(), 0.0
    for step, batch in enumerate(_batches(queries, schedule, steps)):
        elapsed = time.monotonic() - started
        done = max(step / steps, elapsed / schedule.seconds)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * min(done / 0.1 + 0.05, (1 - done) / 0.9 + 0.01, 1.0)
        with mixed_precision(device):
            asked = encoder([query.text for query in batch.queries], device)
            found = encoder([texts[row] for row in batch.rows], device)
        loss = _loss(asked, found, torch.from_numpy(batch.other_answers).to(device), schedule.scale)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parts, 1.0)
        optimiser.step()
        sums += loss.item()
        if (step + 1) % 25 == 0:
            told(f"encoder: step {step + 1} of {steps}, loss {sums / 25:.3f}, {elapsed:.0f} s")
            sums = 0.0


@dataclass(frozen=True, slots=True)
class _Batch:
    queries: list[TrainingQuery]
    rows: list[int]
    """First the answer of each query, then the look-alikes."""
    other_answers: NDArray[np.bool_]
    """Which texts of the batch answer a query beside the one drawn; shape (queries, rows)."""


def _batches(queries: Sequence[TrainingQuery], schedule: Schedule, steps: int) -> Iterator[_Batch]:
    random = np.random.default_rng(schedule.seed)
    size = min(schedule.batch, len(queries))
    waiting: list[int] = []
    for _ in range(steps):
        if len(waiting) < size:
            waiting.extend(random.permutation(len(queries)).tolist())
        chosen = [queries[number] for number in waiting[:size]]
        del waiting[:size]
        rows = [int(random.choice(query.answers, p=_shares(query))) for query in chosen]
        for query in chosen:
            count = min(schedule.look_alikes, len(query.look_alikes))
            rows += random.choice(query.look_alikes, count, replace=False).tolist() if count else []
        answers = np.array([np.isin(rows, query.answers) for query in chosen])
        answers[np.arange(size), np.arange(size)] = False
        yield _Batch(chosen, rows, answers)


def _shares(query: TrainingQuery) -> NDArray[np.float64]:
    weights = np.asarray(query.weights, dtype=np.float64)
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _loss(
    asked: torch.Tensor, found: torch.Tensor, other_answers: torch.Tensor, scale: float
) -> torch.Tensor:
    scores = (scale * (asked @ found.T)).masked_fill(other_answers, -math.inf)
    right = torch.arange(len(asked), device=asked.device)
    back = scores[:, : len(asked)].T
    return 0.75 * cross_entropy(scores, right) + 0.25 * cross_entropy(back, right)
