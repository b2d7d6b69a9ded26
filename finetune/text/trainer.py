"""The training loop: epochs, early stopping, checkpoints, curves."""

import csv
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from assistant.understanding.intent_model import Numbers
from assistant.understanding.intent_network import Classifier
from finetune.text.examples import Example
from finetune.text.metrics import accuracy, macro_f1
from finetune.text.objective import Objective, label_weights
from finetune.text.recipe import Recipe

logger = logging.getLogger(__name__)

Source = Callable[[Random], Sequence[Example]]
"""Draws the examples of one epoch."""
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

CHECKPOINT, CURVES = "checkpoint.pt", "curves.csv"
_POOL = 50  # batches that are sorted by length together, so that little is padding


@dataclass
class Progress:
    """Where a run stands; everything that a resumed run must know besides the weights."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = -1.0
    curves: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """Trains a classifier in place and leaves the best epoch's weights in it.

    Args:
        network: with its adapter, if it gets one.
        tokenizer: truncates, doesn't pad.
        labels: in the order of the logits.
        recipe: how.
        folder: for the checkpoint and the curves; a run that was cut off goes on from there.
        report: called after every epoch with its row of the curves.
    """

    def __init__(
        self,
        network: Classifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        recipe: Recipe,
        folder: Path,
        report: Callable[[dict[str, float]], None] = lambda row: None,
    ) -> None:
        self.network = network
        self.labels = list(labels)
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._folder = folder
        self._report = report
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._number = {label: index for index, label in enumerate(self.labels)}

    def fit(self, source: Source, validation: Sequence[Example]) -> Progress:
        """Trains until the recipe's epochs are over or the validation stops getting better."""
        recipe = self._recipe
        torch.manual_seed(recipe.seed)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.network.to(self._device)
        first = source(Random(recipe.seed))  # noqa: S311  (no secret)
        updates = recipe.epochs * -(-len(first) // (recipe.batch * recipe.accumulate))
        optimiser = self._optimiser()
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: _ramp(step, updates, recipe.warm_up)
        )
        objective = Objective(recipe, self._weights(first))
        progress, best = self._resume(optimiser, schedule)
        while progress.epoch < recipe.epochs:
            if progress.epoch - progress.best_epoch >= recipe.patience:
                break
            progress.epoch += 1
            started = perf_counter()
            random = Random(recipe.seed * 1000 + progress.epoch)  # noqa: S311  (no secret)
            loss = self._epoch(source(random), random, objective, optimiser, schedule)
            row = {"epoch": progress.epoch, "loss": loss, **self._scores(validation)}
            row["seconds"] = perf_counter() - started
            progress.curves.append(row)
            if row["macro_f1"] > progress.best_score or not validation:
                progress.best_epoch, progress.best_score = progress.epoch, row["macro_f1"]
                best = _trained(self.network)
            self._keep(progress, best, optimiser, schedule)
            self._report(row)
        self.network.load_state_dict(best, strict=False)
        return progress

    def logits(self, examples: Sequence[Example], batch: int = 128) -> Numbers:
        """Scores of ``examples`` in their order, without dropout; ``(examples, labels)``."""
        self.network.eval()
        parts = []
        with torch.inference_mode():
            for start in range(0, len(examples), batch):
                ids, mask, _ = self._tensors(examples[start : start + batch])
                parts.append(self.network(ids, mask).float().cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, len(self.labels)), np.float32)

    def _epoch(
        self,
        examples: Sequence[Example],
        random: Random,
        objective: Objective,
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LambdaLR,
    ) -> float:
        self.network.train()
        recipe, total, steps = self._recipe, 0.0, 0
        for steps, (ids, mask, labels) in enumerate(self._batches(examples, random), 1):
            with self._precision():
                loss = objective(self.network, ids, mask, labels)
            (loss / recipe.accumulate).backward()  # type: ignore[no-untyped-call]
            total += loss.item()
            if steps % recipe.accumulate == 0:
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                optimiser.zero_grad()
        return total / max(steps, 1)

    def _batches(self, examples: Sequence[Example], random: Random) -> Iterator[Batch]:
        order = list(examples)
        random.shuffle(order)
        size, batches = self._recipe.batch, []
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL], key=lambda e: len(e.read))
            batches += [pool[at : at + size] for at in range(0, len(pool), size)]
        random.shuffle(batches)
        yield from map(self._tensors, batches)

    def _tensors(self, examples: Sequence[Example]) -> Batch:
        rows = [
            encoding.ids for encoding in self._tokenizer.encode_batch([e.read for e in examples])
        ]
        ids = nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
        lengths = torch.tensor([len(row) for row in rows])
        mask = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
        labels = torch.tensor([self._number[e.label] for e in examples])
        return ids.to(self._device), mask.to(self._device), labels.to(self._device)

    def _precision(self) -> AbstractContextManager[Any]:
        if self._device.type == "cuda":
            return torch.autocast("cuda", torch.bfloat16)
        return nullcontext()

    def _scores(self, examples: Sequence[Example]) -> dict[str, float]:
        truth = [e.label for e in examples]
        said = [self.labels[i] for i in self.logits(examples).argmax(axis=1)] if examples else []
        return {"accuracy": accuracy(truth, said), "macro_f1": macro_f1(truth, said)}

    def _weights(self, examples: Sequence[Example]) -> torch.Tensor | None:
        if self._recipe.class_weights == "none":
            return None
        names = [e.label for e in examples]
        return label_weights([names.count(label) for label in self.labels]).to(self._device)

    def _optimiser(self) -> torch.optim.AdamW:
        """Matrices of the body and of the head each at their rate; vectors without decay."""
        groups = []
        for module, rate in (
            (self.network.body, self._recipe.rate),
            (self.network.head, self._recipe.head_rate),
        ):
            trained = [p for p in module.parameters() if p.requires_grad]
            for decay, members in (
                (self._recipe.weight_decay, [p for p in trained if p.dim() > 1]),
                (0.0, [p for p in trained if p.dim() == 1]),
            ):
                if members:
                    groups.append({"params": members, "lr": rate, "weight_decay": decay})
        return torch.optim.AdamW(groups)

    def _keep(
        self,
        progress: Progress,
        best: dict[str, torch.Tensor],
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LambdaLR,
    ) -> None:
        state = {
            "recipe": self._recipe.model_dump(),
            "labels": self.labels,
            "progress": vars(progress),
            "best": best,
            "network": _trained(self.network),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "random": torch.get_rng_state(),
        }
        unfinished = self._folder / f"{CHECKPOINT}.part"
        torch.save(state, unfinished)
        unfinished.replace(self._folder / CHECKPOINT)
        with (self._folder / CURVES).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, progress.curves[0].keys())
            writer.writeheader()
            writer.writerows(progress.curves)

    def _resume(
        self, optimiser: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LambdaLR
    ) -> tuple[Progress, dict[str, torch.Tensor]]:
        path = self._folder / CHECKPOINT
        if not path.exists():
            return Progress(), _trained(self.network)
        state = torch.load(path, map_location=self._device, weights_only=True)
        if state["recipe"] != self._recipe.model_dump() or state["labels"] != self.labels:
            logger.warning("%s is of another recipe or other labels: starting anew", path)
            return Progress(), _trained(self.network)
        self.network.load_state_dict(state["network"], strict=False)
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        logger.info("resuming after epoch %d", state["progress"]["epoch"])
        return Progress(**state["progress"]), state["best"]


def _ramp(step: int, total: int, warm_up: float) -> float:
    """Linear up, then linear down to a hundredth."""
    rise = max(1, round(total * warm_up))
    if step < rise:
        return (step + 1) / rise
    return max(0.01, (total - step) / max(1, total - rise))


def _trained(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of the weights that training changes."""
    return {
        name: weight.detach().clone()
        for name, weight in network.named_parameters()
        if weight.requires_grad
    }
