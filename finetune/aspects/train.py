"""Trains the clause model that is shipped.

    shopkeeper train aspects [--out FILE]

A low-rank adapter over the bilingual body and a sigmoid for each aspect and side, by binary
cross-entropy; fresh clauses in every epoch. Thresholds are chosen on ``data/dev_*.yaml``, which
hold reviews that no pattern was made from.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from time import perf_counter

import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch import nn

from assistant.understanding.intent_network import Classifier
from finetune.aspects.bank import label_names, read_bank
from finetune.aspects.composed import Clause, Composer
from finetune.aspects.thresholds import choose_thresholds, read_dev
from finetune.errors import FinetuneError
from finetune.precision import mixed_precision
from finetune.text.body import adapter_layers, add_adapter, fill_adapter, load_body
from retrieval.encoder.adapter import Adapter, body_fingerprint
from retrieval.reviews.clause_model import (
    SHIPPED,
    ClauseCard,
    ClauseModel,
    ShippedClauses,
    save_shipped,
)

logger = logging.getLogger(__name__)

_FIRST_BIAS = -4.0
"""Of the head: few of the labels hold for a clause."""
_POOL = 50  # batches that are sorted by length together, so that little is padding
_LEAST_RATE = 0.02

Report = Callable[[dict[str, float]], None]


class ClauseRecipe(BaseModel):
    """How the model is trained; the same recipe and data train alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(6, ge=0)
    """None, with ``goes_on``: only the thresholds are chosen anew."""
    repeats: int = Field(4, ge=1)
    """Clauses drawn of each pattern in an epoch."""
    batch: int = Field(32, ge=1)
    rate: float = Field(1.5e-3, gt=0)
    head_rate: float = Field(3e-3, gt=0)
    warm_up: float = Field(0.06, ge=0, le=1)
    lora_rank: int = Field(32, ge=1)
    max_tokens: int = Field(48, ge=8)
    goes_on: bool = False
    """Whether to begin with the shipped model, of this or a lower rank, in place of anew."""
    seed: int = 1


def train_aspects(
    out: Path = SHIPPED,
    scratch: Path = Path("var/models"),
    recipe: ClauseRecipe | None = None,
    report: Report = lambda row: None,
) -> dict[str, float]:
    """Writes the model to ``out`` after every epoch, in the end with its thresholds.

    Args:
        out: of the file, as ``ClauseModel.open`` reads it.
        scratch: folder that the graph is exported to, to choose the thresholds.
        recipe: default: that of the shipped model.
        report: called after every epoch.

    Returns:
        F1 of pairs on the dev reviews by language, and what it took.
    """
    recipe = recipe or ClauseRecipe()
    bank = read_bank()
    labels = label_names(bank)
    body, tokenizer = load_body("bilingual", recipe.max_tokens)
    torch.manual_seed(recipe.seed)
    network = Classifier(body, len(labels))
    add_adapter(body, recipe.lora_rank)
    nn.init.constant_(network.head.bias, _FIRST_BIAS)
    if recipe.goes_on:
        _go_on(network, labels)
    card = ClauseCard(
        labels=labels,
        least={"en": 0.3, "zh": 0.3},
        max_tokens=recipe.max_tokens,
        body=body_fingerprint(),
    )
    figures: dict[str, float] = {}
    save_shipped(_adapter(network), card, out)
    for row in _epochs(network, tokenizer, labels, Composer(bank), recipe):
        save_shipped(_adapter(network), card, out)
        report(row)
        figures = {"loss": round(row["loss"], 4), "seconds": round(row["seconds"], 1)}
    dev = read_dev()
    card, scores = choose_thresholds(ClauseModel.open(scratch, out), dev)
    save_shipped(_adapter(network), card, out)
    return figures | {f"dev_f1_{language}": round(f1, 4) for language, f1 in scores.items()}


def _go_on(network: Classifier, labels: Sequence[str]) -> None:
    """Puts the shipped weights into the network."""
    if ShippedClauses(SHIPPED.parent).card.labels != tuple(labels):
        raise FinetuneError("The shipped model has other labels than the bank: train anew.")
    shipped = Adapter.of(load_file(SHIPPED))
    fill_adapter(network.body, shipped.layers)
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(shipped.head))
        network.head.bias.copy_(torch.from_numpy(shipped.bias))


def _epochs(
    network: Classifier,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    composer: Composer,
    recipe: ClauseRecipe,
) -> Iterator[dict[str, float]]:
    """Trains in place; what each epoch came to."""
    if not recipe.epochs:
        return
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    adapter = [weight for weight in network.body.parameters() if weight.requires_grad]
    head = list(network.head.parameters())
    optimiser = torch.optim.AdamW(
        [{"params": adapter, "lr": recipe.rate}, {"params": head, "lr": recipe.head_rate}],
        weight_decay=0.01,
    )
    first = composer.epoch(recipe.repeats, Random(recipe.seed))  # noqa: S311  (no secret)
    steps = -(-len(first) // recipe.batch) * recipe.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: _ramp(step, steps, recipe.warm_up)
    )
    begun = perf_counter()
    for epoch in range(1, recipe.epochs + 1):
        random = Random(recipe.seed * 1000 + epoch)  # noqa: S311  (no secret)
        network.train()
        total, count = 0.0, 0
        for batch in _batches(composer.epoch(recipe.repeats, random), recipe.batch, random):
            ids, mask, wanted = (t.to(device) for t in _tensors(batch, tokenizer, labels))
            with mixed_precision(device):
                logits = network(ids, mask)
            loss = _surprise(logits.float(), wanted)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_([*adapter, *head], 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            total, count = total + loss.item(), count + 1
        seconds = perf_counter() - begun
        yield {"epoch": epoch, "loss": total / max(1, count), "seconds": seconds}


def _batches(clauses: list[Clause], size: int, random: Random) -> list[list[Clause]]:
    """Clauses of like length together."""
    random.shuffle(clauses)
    batches = []
    for start in range(0, len(clauses), size * _POOL):
        pool = sorted(clauses[start : start + size * _POOL], key=lambda c: len(c.text))
        batches += [pool[at : at + size] for at in range(0, len(pool), size)]
    random.shuffle(batches)
    return batches


def _tensors(
    batch: Sequence[Clause], tokenizer: Tokenizer, labels: Sequence[str]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token ids and mask ``(texts, tokens)``, and what is wanted ``(texts, labels)``."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch([c.text for c in batch])]
    ids = nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
    wanted = torch.tensor([[float(label in c.labels) for label in labels] for c in batch])
    return ids, mask, wanted


def _surprise(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Of all labels of a clause together, the mean over clauses."""
    each = nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return each.sum(dim=1).mean()


def _ramp(step: int, total: int, warm_up: float) -> float:
    """Linear up, then linear down."""
    rise = max(1.0, warm_up * total)
    return min(1.0, (step + 1) / rise) * max(_LEAST_RATE, 1 - step / total)


def _adapter(network: Classifier) -> Adapter:
    head = network.head
    return Adapter(
        adapter_layers(network.body),
        head.weight.detach().cpu().numpy(),
        head.bias.detach().cpu().numpy(),
    )
