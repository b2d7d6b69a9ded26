"""The training loop: epochs, early stopping, checkpoints, curves."""

import csv
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from assistant.understanding.intent_model import Numbers
from assistant.understanding.intent_network import Classifier
from finetune.memory import keep_freed_memory
from finetune.precision import mixed_precision
from finetune.text import devices
from finetune.text.examples import Example
from finetune.text.metrics import accuracy, macro_f1
from finetune.text.objective import Batch, Objective, Step, label_weights
from finetune.text.recipe import Recipe

logger = logging.getLogger(__name__)

Source = Callable[[Random], Sequence[Example]]
"""Draws the examples of one epoch."""
Advance = Callable[[float, float], None]
"""Told how many epochs are done, parts of one too, and the mean loss of the current one."""

CHECKPOINT, CURVES = "checkpoint.pt", "curves.csv"
_FIRST_LOGIT = 6.0  # of a text that lies on its label's mean
_POOL = 50  # batches that are sorted by length together, so that little is padding


@dataclass
class Progress:
    """Where a run stands; everything that a resumed run must know besides the weights."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = -1.0
    texts: int = 0
    seconds: float = 0.0
    """Spent on the ``texts``, validation left out."""
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
        taught: what a teacher says of the training examples, probabilities of shape
            ``(examples, labels)``; an example's ``row`` finds its own.
        advance: called after every step.
    """

    def __init__(
        self,
        network: Classifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        recipe: Recipe,
        folder: Path,
        report: Callable[[dict[str, float]], None] = lambda row: None,
        taught: Numbers | None = None,
        advance: Advance = lambda epochs, loss: None,
    ) -> None:
        self.network = network
        self.labels = list(labels)
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._folder = folder
        self._report = report
        self._advance = advance
        self._taught = None if taught is None else torch.from_numpy(taught)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._number = {label: index for index, label in enumerate(self.labels)}

    def fit(self, source: Source, validation: Sequence[Example]) -> Progress:
        """Trains until the recipe's epochs are over or the validation stops getting better."""
        recipe = self._recipe
        torch.manual_seed(recipe.seed + devices.rank())
        self._folder.mkdir(parents=True, exist_ok=True)
        self.network.to(self._device)
        if self._device.type == "cpu":
            keep_freed_memory()
        first = source(Random(recipe.seed))  # noqa: S311  (no secret)
        together = recipe.batch * recipe.accumulate * devices.count()
        updates = recipe.epochs * -(-len(first) // together)
        optimiser = self._optimiser()
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda update: _ramp(update, updates, recipe.warm_up)
        )
        step = devices.in_step(Step(self.network, Objective(recipe, self._weights(first))))
        if recipe.compile and self._device.type == "cuda":
            step = torch.compile(step)  # type: ignore[assignment]
        progress, best = self._resume(optimiser, schedule)
        while progress.epoch < recipe.epochs:
            if progress.epoch - progress.best_epoch >= recipe.patience:
                break
            progress.epoch += 1
            started = perf_counter()
            random = Random(recipe.seed * 1000 + progress.epoch)  # noqa: S311  (no secret)
            examples = source(random)
            loss = self._epoch(progress.epoch, examples, random, step, optimiser, schedule)
            row = {"epoch": progress.epoch, "loss": loss, "seconds": perf_counter() - started}
            progress.texts += len(examples)
            progress.seconds += row["seconds"]
            row |= devices.from_first(lambda: self._scores(validation))
            progress.curves.append(row)
            if row["macro_f1"] > progress.best_score or not validation:
                progress.best_epoch, progress.best_score = progress.epoch, row["macro_f1"]
                best = _trained(self.network)
            if devices.is_first():
                self._keep(progress, best, optimiser, schedule)
                self._report(row)
        self.network.load_state_dict(best, strict=False)
        return progress

    def logits(self, examples: Sequence[Example]) -> Numbers:
        """Scores of ``examples`` in their order, without dropout; ``(examples, labels)``."""
        return logits_of(self.network, self._tokenizer, examples)

    def start_at_prototypes(self, examples: Sequence[Example]) -> None:
        """Lays each label's row of the head at the mean vector of its examples.

        A random head first has to be pulled there, which bends the body meanwhile (prototypes:
        Snell et al. 2017, https://arxiv.org/abs/1703.05175).
        """
        vectors = _run(self.network.vector, self.network, self._tokenizer, examples)
        numbers = np.array([self._number[e.label] for e in examples])
        members = (numbers == np.arange(len(self.labels))[:, None]).astype(np.float32)
        means = members @ vectors / np.maximum(members.sum(axis=1, keepdims=True), 1)
        means -= vectors.mean(axis=0)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        scale = _FIRST_LOGIT / np.linalg.norm(vectors, axis=1).mean()
        with torch.no_grad():
            rows = torch.from_numpy(means / np.maximum(lengths, 1e-6) * scale)
            self.network.head.weight.copy_(rows.to(self.network.head.weight))
            self.network.head.bias.zero_()

    def _epoch(
        self,
        epoch: int,
        examples: Sequence[Example],
        random: Random,
        step: nn.Module,
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LambdaLR,
    ) -> float:
        self.network.train()
        recipe, total, steps = self._recipe, 0.0, 0
        batches = self._batches(examples, random)
        for steps, batch in enumerate(map(self._tensors, batches), 1):
            with mixed_precision(self._device):
                loss: torch.Tensor = step(batch)
            (loss / recipe.accumulate).backward()  # type: ignore[no-untyped-call]
            total += loss.item()
            if steps % recipe.accumulate == 0:
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                optimiser.zero_grad()
            if devices.is_first():
                self._advance(epoch - 1 + steps / len(batches), total / steps)
        return total / max(steps, 1)

    def _batches(self, examples: Sequence[Example], random: Random) -> Sequence[Sequence[Example]]:
        order = list(examples)
        random.shuffle(order)
        size, batches = self._recipe.batch, []
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL], key=lambda e: len(e.read))
            batches += [pool[at : at + size] for at in range(0, len(pool), size)]
        random.shuffle(batches)
        return devices.own_share(batches)

    def _tensors(self, examples: Sequence[Example]) -> Batch:
        ids, mask = padded(self._tokenizer, examples)
        labels = torch.tensor([self._number[e.label] for e in examples])
        taught = None if self._taught is None else self._taught[[e.row for e in examples]]
        return Batch(ids, mask, labels, taught).to(self._device)

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
        return torch.optim.AdamW(groups, fused=True)

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


def logits_of(network: Classifier, tokenizer: Tokenizer, examples: Sequence[Example]) -> Numbers:
    """Scores of ``examples`` in their order, without dropout; ``(examples, labels)``."""
    return _run(network, network, tokenizer, examples)


def _run(
    step: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    network: Classifier,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    batch: int = 128,
) -> Numbers:
    """``step`` over all examples, those of like length together."""
    network.eval()
    device = next(network.parameters()).device
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].read))
    found: dict[int, Numbers] = {}
    with torch.inference_mode(), mixed_precision(device):
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            ids, mask = padded(tokenizer, [examples[i] for i in chosen])
            part = step(ids.to(device), mask.to(device)).float().cpu().numpy()
            found |= dict(zip(chosen, part, strict=True))
    if not found:
        return np.zeros((0, network.head.out_features), np.float32)
    return np.stack([found[i] for i in range(len(examples))])


def padded(tokenizer: Tokenizer, examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, int64 ``(texts, tokens)``."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch([e.read for e in examples])]
    ids = nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    return ids, (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()


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
