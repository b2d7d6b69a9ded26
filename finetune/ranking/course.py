"""The course of training of the ranking network."""

import logging
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from finetune.ranking.metrics import log_loss
from finetune.ranking.network import Batch, RankingNetwork, loss
from finetune.ranking.rows import COLUMNS, Rows, Split
from retrieval.ranking.profile import ACTION_KINDS

log = logging.getLogger(__name__)
Array = NDArray[np.float64]
PLACE = COLUMNS.index("position")
NUMBERS = [name for name in COLUMNS if name != "position"]
_STRAIGHT = ("wide", "place", "conversion")
_STRAIGHT_RATE = 5.0
"""Few weights that all rows agree on learn faster than those of the crosses."""
CLIP = 6.0
"""Standard deviations at which a number is cut."""


@dataclass(frozen=True, slots=True)
class Course:
    """How the network is trained."""

    epochs: int = 5
    batch: int = 2048
    rate: float = 1.5e-3
    decay: float = 0.3
    dropout: float = 0.2
    patience: int = 2
    unseen: float = 0.1
    """Share of products whose text is hidden for a step, so that none is relied on."""
    device: str = "auto"
    seed: int = 7


@dataclass(slots=True)
class Table:
    """Rows as tensors on the training device."""

    numbers: Tensor
    texts: Tensor
    item: Tensor
    history: Tensor
    actions: Tensor
    position: Tensor
    labels: Tensor

    def batch(self, rows: Tensor, texts: Tensor | None = None) -> Batch:
        return Batch(
            self.numbers[rows],
            self.texts if texts is None else texts,
            self.item[rows],
            self.history[rows],
            self.actions[rows],
            self.position[rows],
        )

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of the training rows' numbers, both of shape (columns,)."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Rows) -> "Scale":
        numbers = np.delete(rows.features, PLACE, axis=1)
        return cls(
            numbers.mean(0).astype(np.float32),
            np.maximum(numbers.std(0), 1e-3).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained network and how fast it learnt."""

    network: RankingNetwork
    scale: Scale
    slope: float
    intercept: float
    """The line on the click's log-odds that calibrates it."""
    rows_per_second: float
    device: str

    def chances(self, rows: Rows, texts: NDArray[np.float32]) -> tuple[Array, Array, Array]:
        """Log-odds without the place, and the chances of click and purchase with it; (n,) each."""
        table = tabulate(rows, texts, self.scale, torch.device(self.device))
        odds, click, purchase = [], [], []
        self.network.eval()
        with torch.no_grad():
            for part in torch.arange(len(table), device=table.item.device).split(8192):  # type: ignore[no-untyped-call]
                batch = table.batch(part)
                heads = self.network(batch)
                own = self.slope * heads.click + self.intercept
                seen = self.network.log_examination(batch.position)
                chance = (seen + nn.functional.logsigmoid(own)).exp()
                odds.append(own)
                click.append(chance)
                purchase.append(chance * heads.purchase.sigmoid())
        return tuple(torch.cat(p).double().cpu().numpy() for p in (odds, click, purchase))  # type: ignore[return-value]


def fit(split: Split, texts: NDArray[np.float32], course: Course | None = None) -> Fitted:
    """Trains on the oldest rows, stops by the middle ones.

    Args:
        split: rows by time.
        texts: float32 (products of the vocabulary, d): the encoder's vectors of their texts.
        course: how.
    """
    course = course or Course()
    kind = course.device
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(kind)
    torch.manual_seed(course.seed)
    scale = Scale.of(split.train)
    train = tabulate(split.train, texts, scale, device)
    valid = tabulate(split.valid, texts, scale, device)
    network = RankingNetwork(
        NUMBERS, torch.tensor(scale.spread), texts.shape[1], len(ACTION_KINDS), course.dropout
    ).to(device)
    straight = [p for n, p in network.named_parameters() if n.startswith(_STRAIGHT)]
    crossed = [p for n, p in network.named_parameters() if not n.startswith(_STRAIGHT)]
    rates = [_STRAIGHT_RATE * course.rate, course.rate]
    groups = [
        {"params": straight, "weight_decay": 0.0},
        {"params": crossed, "weight_decay": course.decay},
    ]
    optimiser = torch.optim.AdamW(groups, lr=course.rate)
    steps = max(10, course.epochs * -(-len(train) // course.batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rates, total_steps=steps, pct_start=0.1 if steps >= 30 else 0.3
    )
    best, kept, bad, seen, spent = np.inf, network.state_dict(), 0, 0, 0.0
    for epoch in range(course.epochs):
        began = time.perf_counter()
        network.train()
        for part in torch.randperm(len(train), device=device).split(course.batch):  # type: ignore[no-untyped-call]
            hidden = torch.rand(len(train.texts), 1, device=device) > course.unseen
            value = loss(network, train.batch(part, train.texts * hidden), train.labels[part])
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            seen += len(part)
        spent += time.perf_counter() - began
        held = _held_out(network, valid)
        log.info("epoch %d: click log-loss %.5f on the days after", epoch + 1, held)
        bad += 1
        if held < best - 1e-5:
            best, bad = held, 0
            kept = {name: value.clone() for name, value in network.state_dict().items()}
        if bad >= course.patience:
            break
    network.load_state_dict(kept)
    slope, intercept = _calibrate(network, valid)
    return Fitted(network, scale, slope, intercept, seen / max(spent, 1e-9), kind)


def tabulate(rows: Rows, texts: NDArray[np.float32], scale: Scale, device: torch.device) -> Table:
    """The rows on ``device``."""
    numbers = (np.delete(rows.features, PLACE, axis=1) - scale.mean) / scale.spread
    none = np.zeros((1, texts.shape[1]), np.float32)
    labels = np.stack([rows.clicked, rows.carted, rows.purchased], axis=1)

    def put(values: NDArray[np.generic], kind: torch.dtype) -> Tensor:
        return torch.tensor(values, dtype=kind, device=device)

    return Table(
        put(numbers.clip(-CLIP, CLIP), torch.float32),
        put(np.concatenate([texts, none]), torch.float32),
        put(rows.item, torch.int64),
        put(rows.history, torch.int64),
        put(rows.actions, torch.int64),
        put(rows.features[:, PLACE], torch.int64),
        put(labels, torch.float32),
    )


def _outputs(network: RankingNetwork, table: Table) -> tuple[Tensor, Tensor]:
    """Click log-odds, and log of the chance that the place is looked at."""
    network.eval()
    odds, seen = [], []
    with torch.no_grad():
        for part in torch.arange(len(table), device=table.item.device).split(8192):  # type: ignore[no-untyped-call]
            batch = table.batch(part)
            odds.append(network(batch).click)
            seen.append(network.log_examination(batch.position))
    return torch.cat(odds), torch.cat(seen)


def _held_out(network: RankingNetwork, valid: Table) -> float:
    odds, seen = _outputs(network, valid)
    chance = (seen + nn.functional.logsigmoid(odds)).exp()
    return log_loss(valid.labels[:, 0].double().cpu().numpy(), chance.double().cpu().numpy())


def _calibrate(network: RankingNetwork, valid: Table) -> tuple[float, float]:
    """Slope and intercept of the click's log-odds under the examination of its place."""
    odds, seen = (part.double() for part in _outputs(network, valid))
    label = valid.labels[:, 0].double()
    line = torch.tensor([1.0, 0.0], dtype=torch.float64, device=odds.device, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        chance = seen + nn.functional.logsigmoid(line[0] * odds + line[1])
        chance = chance.clamp(max=-1e-9)
        value = -(label * chance + (1 - label) * torch.log(-torch.expm1(chance))).mean()
        value = value + ((line[0] - 1) ** 2) / len(label)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    slope, intercept = line.detach().tolist()
    return slope, intercept
