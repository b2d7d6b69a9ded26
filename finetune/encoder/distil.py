"""Distillation: a Chinese text is pulled to where the teacher puts its English translation.

Source: Reimers and Gurevych 2020, https://arxiv.org/abs/2004.09813. The contrastive term is ours:
the teacher's vectors are known beforehand, so thousands of negatives cost one matrix product.
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

from finetune.encoder.student import Student
from finetune.precision import mixed_precision
from retrieval.encoder.routed import padded

logger = logging.getLogger(__name__)

_POOL = 24  # batches drawn at once and sorted by length
_SCALE = 20.0
_NEGATIVES = 2_048
_SAME = 0.85  # a negative nearer than this to the target may be a translation too


@dataclass(frozen=True)
class Source:
    """Texts and targets of one kind.

    Attributes:
        name: for the log.
        texts: what the student reads.
        targets: the teacher's vectors, ``(len(texts), 384)``.
        share: of the batch's texts, relative to the other sources.
    """

    name: str
    texts: Sequence[str]
    targets: NDArray[np.float16]
    share: float


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. The rate rises, stays, and falls to zero over the last part."""

    steps: int
    batch: int = 64
    rows_rate: float = 2e-3
    adapter_rate: float = 1e-3
    rise: int = 60
    fall: float = 0.4
    seed: int = 7
    report_every: int = 100

    def factor(self, step: int) -> float:
        """The rate's factor at ``step``."""
        left = (self.steps - step) / max(1.0, self.fall * self.steps)
        return min(1.0, (step + 1) / self.rise, left)


def distil(
    student: Student,
    sources: Sequence[Source],
    schedule: Schedule,
    device: str,
    report: Callable[[int, Student], None] = lambda step, student: None,
) -> None:
    """Trains ``student`` in place; ``report`` is called every ``report_every`` steps."""
    torch.manual_seed(schedule.seed)
    student.to(device)
    rows, adapter = student.parts()
    optimiser = torch.optim.AdamW(
        [
            {"params": rows, "lr": schedule.rows_rate, "weight_decay": 0.0},
            {"params": adapter, "lr": schedule.adapter_rate, "weight_decay": 0.01},
        ],
        betas=(0.9, 0.98),
    )
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, schedule.factor)
    bank = torch.from_numpy(np.concatenate([source.targets for source in sources])).to(device)
    batches = _batches(student, sources, schedule)
    sums, started = np.zeros(2), time.monotonic()
    for step in range(schedule.steps):
        ids, mask, targets = (part.to(device) for part in next(batches))
        negatives = bank[torch.randint(len(bank), (_NEGATIVES,), device=device)].float()
        with mixed_precision(device):
            vectors = student(ids, mask)
        cosine, contrast = _losses(vectors.float(), targets.float(), negatives)
        optimiser.zero_grad()
        (2.0 * cosine + 0.5 * contrast).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(rows + adapter, 1.0)
        optimiser.step()
        rates.step()
        sums += cosine.item(), contrast.item()
        if (step + 1) % schedule.report_every == 0:
            mean, sums = sums / schedule.report_every, np.zeros(2)
            logger.info(
                "step %d of %d: 1 - cosine %.3f, contrast %.3f, %.0f s",
                step + 1, schedule.steps, mean[0], mean[1], time.monotonic() - started,
            )  # fmt: skip
            report(step + 1, student)


def _losses(
    vectors: torch.Tensor, targets: torch.Tensor, negatives: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    candidates = torch.cat([targets, negatives])
    right = torch.arange(len(targets), device=targets.device)
    too_near = targets @ candidates.T > _SAME
    too_near[right, right] = False
    scores = _SCALE * (vectors @ candidates.T)
    contrast = cross_entropy(scores.masked_fill(too_near, -math.inf), right)
    return 1 - (vectors * targets).sum(dim=-1).mean(), contrast


def _batches(
    student: Student, sources: Sequence[Source], schedule: Schedule
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Endless ``(ids, mask, targets)``; each batch holds texts of like length."""
    random = np.random.default_rng(schedule.seed)
    shares = np.array([source.share for source in sources])
    size = schedule.batch * _POOL
    while True:
        texts: list[str] = []
        targets: list[NDArray[np.float16]] = []
        for source, count in zip(
            sources, random.multinomial(size, shares / shares.sum()), strict=True
        ):
            chosen = random.integers(len(source.texts), size=count)
            texts += [source.texts[i] for i in chosen]
            targets.append(source.targets[chosen])
        known = np.concatenate(targets)
        encodings = student.tokenizer.encode_batch(texts)
        order = sorted(range(size), key=lambda i: len(encodings[i].ids))
        for number in random.permutation(_POOL):
            batch = order[number * schedule.batch : (number + 1) * schedule.batch]
            ids, mask = padded([encodings[i] for i in batch])
            yield torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(known[batch])
