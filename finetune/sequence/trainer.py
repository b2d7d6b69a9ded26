"""Trains the network: epochs, early stopping on held-out customers, goes on where it was cut."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from finetune.precision import cpu_has_bfloat16, mixed_precision
from finetune.sequence.batches import Batch, Lines
from finetune.sequence.network import SequenceNet
from finetune.sequence.objective import CatalogueLoss
from finetune.sequence.recipe import SequenceRecipe
from finetune.sequence.steps import Step, unseen

CHECKPOINT = "checkpoint.pt"
_WARM_UP = 0.05
_CLIP = 5.0

Row = dict[str, float]
Report = Callable[[Row], None]
Measure = Callable[[SequenceNet], dict[str, float]]


@dataclass
class Progress:
    """How far a training is."""

    epoch: int = 0
    best: float = -1.0
    best_epoch: int = 0
    rows: list[Row] = field(default_factory=list)


def train(
    net: SequenceNet,
    lines: Lines,
    measure: Measure | None,
    recipe: SequenceRecipe,
    folder: Path,
    mark: str = "",
    report: Report = lambda row: None,
    step: Step = unseen,
    stage: str = "network",
) -> Progress:
    """Trains ``net`` in place; it ends with the weights of its best epoch.

    Args:
        net: the network.
        lines: what to learn.
        measure: gives ``ndcg_at_10``, by which the best epoch is chosen; without it the last is.
        recipe: how.
        folder: gets a checkpoint after every epoch; a run of the same recipe and mark that was cut
            off there goes on.
        mark: of the data.
        report: called after every epoch.
        step: called after every update.
        stage: what ``step`` calls it.
    """
    random = np.random.default_rng(recipe.seed)
    optimizer = torch.optim.AdamW(_groups(net, recipe), lr=recipe.rate, betas=(0.9, 0.98))
    counts = lines.counts(len(net.items))
    per_epoch = lines.updates
    updates = per_epoch * recipe.epochs
    progress, best = Progress(), _copied(net)
    path = folder / CHECKPOINT
    identity = f"{recipe.model_dump_json()} {mark}"
    if path.is_file():
        saved = torch.load(path, weights_only=False)
        if saved["identity"] == identity:
            net.load_state_dict(saved["net"])
            optimizer.load_state_dict(saved["optimizer"])
            random.bit_generator.state = saved["random"]
            torch.set_rng_state(saved["torch"])
            progress, best = Progress(**saved["progress"]), saved["best"]
    step(stage, progress.epoch * per_epoch, updates)
    while progress.epoch < recipe.epochs and not _stale(progress, recipe):
        begun, busy = time.monotonic(), time.process_time()
        net.train()
        losses: list[float] = []
        for batch in lines.epoch(random):
            done = progress.epoch * per_epoch + len(losses)
            rate = _rate(done, updates)
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * rate
            loss = _loss(net, batch, recipe, counts, random)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), _CLIP)
            optimizer.step()
            losses.append(loss.item())
            step(stage, done + 1, updates)
        progress.epoch += 1
        spent, busy = time.monotonic() - begun, time.process_time() - busy
        net.eval()
        figures = measure(net) if measure else {"ndcg_at_10": float(progress.epoch)}
        if figures["ndcg_at_10"] > progress.best:
            progress.best, progress.best_epoch = figures["ndcg_at_10"], progress.epoch
            best = _copied(net)
        row = {
            "epoch": progress.epoch,
            "loss": round(sum(losses) / len(losses), 4),
            **figures,
            "seconds": round(spent, 1),
            "processor_seconds": round(busy, 1),
        }
        progress.rows.append(row)
        _save(path, identity, net, optimizer, random, progress, best)
        report(row)
    step(stage, updates, updates)
    net.load_state_dict(best)
    net.eval()
    return progress


def _loss(
    net: SequenceNet,
    batch: Batch,
    recipe: SequenceRecipe,
    counts: Tensor,
    random: np.random.Generator,
) -> Tensor:
    """Next item, and the rebuilding of slices, as one mean."""
    items = net.item_vectors()
    with mixed_precision("cpu"):
        after, sliced = net(batch, items)
    vectors, targets = after.float()[batch.present], batch.following[batch.present]
    weights = torch.full((len(targets),), 1 / len(targets))
    if sliced is not None and recipe.reconstruction:
        # One item of each slice, drawn anew in every epoch, stands for the whole slice: the mean
        # of the loss is the same, at the price of one row.
        row, _ = batch.closing.nonzero(as_tuple=True)
        same = (batch.slices[row] == batch.slices[batch.closing][:, None]) & batch.present[row]
        drawn = torch.multinomial(same.float(), 1).squeeze(1)
        vectors = torch.cat([vectors, sliced.float()[batch.closing]])
        targets = torch.cat([targets, batch.items[row, drawn]])
        share = torch.full((len(drawn),), recipe.reconstruction / len(drawn))
        weights = torch.cat([weights, share])
    low = cpu_has_bfloat16()
    if not recipe.negatives or recipe.negatives >= len(items):
        none = torch.zeros(len(items))
        return CatalogueLoss.apply(vectors, items, none, targets, weights, low)  # type: ignore[no-any-return,no-untyped-call]
    drawn = torch.from_numpy(random.integers(0, len(items), recipe.negatives))
    among = torch.unique(torch.cat([targets, drawn]))
    # How likely each is to be among them: drawn, or a target of somebody in the batch.
    away = (1 - counts[among]).pow(len(targets)) * (1 - 1 / len(items)) ** recipe.negatives
    places = torch.searchsorted(among, targets)
    return CatalogueLoss.apply(  # type: ignore[no-any-return,no-untyped-call]
        vectors, items[among], -torch.log1p(-away), places, weights, low
    )


def _groups(net: SequenceNet, recipe: SequenceRecipe) -> list[dict[str, Any]]:
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, values in net.named_parameters():
        inner = values.ndim == 2 and name.startswith("blocks.")
        (matrices if inner else others).append(values)
    return [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _rate(update: int, updates: int) -> float:
    warm = max(1, math.ceil(_WARM_UP * updates))
    return min(1.0, (update + 1) / warm) * max(0.02, 1 - update / updates)


def _stale(progress: Progress, recipe: SequenceRecipe) -> bool:
    return progress.epoch - progress.best_epoch >= recipe.patience


def _copied(net: SequenceNet) -> dict[str, Tensor]:
    return {name: values.clone() for name, values in net.state_dict().items()}


def _save(
    path: Path,
    identity: str,
    net: SequenceNet,
    optimizer: torch.optim.Optimizer,
    random: np.random.Generator,
    progress: Progress,
    best: dict[str, Tensor],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".part")
    torch.save(
        {
            "identity": identity,
            "net": net.state_dict(),
            "optimizer": optimizer.state_dict(),
            "random": random.bit_generator.state,
            "torch": torch.get_rng_state(),
            "progress": vars(progress),
            "best": best,
        },
        written,
    )
    written.replace(path)
