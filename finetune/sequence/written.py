"""Puts a trained network and counts into the form that serves, and writes its folder."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from finetune.sequence.histories import Histories
from finetune.sequence.neighbours import Following, Moments
from finetune.sequence.network import SequenceNet
from finetune.sequence.repeats import learn_repeats
from retrieval.ranking.sequence.card import SequenceCard, Task
from retrieval.ranking.sequence.model import CARD, ITEMS, WEIGHTS, SequenceModel
from retrieval.ranking.sequence.newcomers import newcomers

METRICS = "metrics.json"
CURVES = "curves.csv"
MODEL_CARD = "MODEL_CARD.md"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Written:
    """What is written: the card, the items' ids and all numbers by name."""

    card: SequenceCard
    items: Sequence[str]
    numbers: Arrays

    def model(self) -> SequenceModel:
        """The model that serves, from memory."""
        return SequenceModel.of(self.card, self.items, self.numbers)

    def weighted(self, weights: dict[Task, dict[str, float]]) -> "Written":
        """The same with weights of a blend."""
        return replace(self, card=self.card.model_copy(update={"weights": weights}))


def put_together(
    net: SequenceNet,
    histories: Histories,
    how: Following,
    repeats: bool,
    texts: NDArray[np.float32] | None = None,
) -> Written:
    """The model with everything counted over ``histories``, but no weights of a blend yet."""
    return Written(
        _card(net, histories, how, repeats),
        histories.items,
        _arrays(net, histories, how, repeats, texts),
    )


def _arrays(
    net: SequenceNet,
    histories: Histories,
    how: Following,
    repeats: bool,
    texts: NDArray[np.float32] | None,
) -> Arrays:
    """All numbers of the model that serves, by name."""
    moments = Moments(histories)
    found: Arrays = {}
    with torch.no_grad():
        for name, values in net.state_dict().items():
            if name != "text.weight" and not name.startswith("rebuild."):
                found[f"network.{name}"] = values.float().numpy()
        found["network.items"] = net.item_vectors().float().numpy()
        if net.text is not None and texts is not None:
            found["texts"] = texts
            found["text_weights"] = net.text.weight.float().numpy()
    like = None if texts is None else newcomers(texts, moments.counts > 0)
    for name, counted in (("follows", moments.follows(how)), ("together", moments.together())):
        neighbours = like.joined(counted) if like else counted
        found[f"{name}.starts"] = neighbours.starts
        found[f"{name}.items"] = neighbours.items
        found[f"{name}.values"] = neighbours.values
    popularity = found["popularity"] = moments.popularity(net.recipe.half_life_days)
    again = learn_repeats(histories, popularity, net.recipe.remembered) if repeats else None
    if again is not None:
        found |= {"repeats.weights": again.weights, "repeats.again": again.again}
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _card(net: SequenceNet, histories: Histories, how: Following, repeats: bool) -> SequenceCard:
    """The card, without weights of a blend."""
    recipe = net.recipe
    return SequenceCard(
        pooling=recipe.pooling,
        heads=recipe.heads,
        blocks=len(net.blocks),
        longest=recipe.longest,
        remembered=recipe.remembered,
        window=recipe.window,
        gap_hours=recipe.gap_hours,
        kinds=histories.kinds,
        decay=how.decay,
        repeats=repeats,
        weights={},
    )


def write(
    folder: Path,
    made: Written,
    metrics: dict[str, Any],
    curves: Sequence[dict[str, Any]],
    recipe: str,
) -> None:
    """Writes what ``SequenceModel.load`` opens, the metrics, the curves and a model card."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(made.numbers, folder / WEIGHTS)
    (folder / ITEMS).write_text(json.dumps(list(made.items), ensure_ascii=False), encoding="utf-8")
    (folder / "recipe.json").write_text(recipe, encoding="utf-8")
    (folder / METRICS).write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    if curves:
        with (folder / CURVES).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(curves[0]))
            writer.writeheader()
            writer.writerows(curves)
    (folder / MODEL_CARD).write_text(_model_card(made.card, made.items, metrics), encoding="utf-8")
    # Last: a folder with a card is whole.
    (folder / CARD).write_text(made.card.model_dump_json(indent=1), encoding="utf-8")


def _model_card(card: SequenceCard, items: Sequence[str], metrics: dict[str, Any]) -> str:
    parts = [
        f"| {name} | {values['recall_at_10']} | {values['ndcg_at_10']} |"
        for name, values in metrics["validation"].items()
    ]
    weights = [
        f"| {task} | {signal} | {value:.4g} |"
        for task, signals in card.weights.items()
        for signal, value in signals.items()
    ]
    hidden = "" if card.repeats else " the customer did not have yet"
    lines = [
        "# Next-item model",
        "",
        f"A Transformer over a customer's events (pooling: {card.pooling}) and counts of what "
        "follows what, blended. Made by `shopkeeper train sequence` from "
        f"{metrics['customers']} customers and {len(items)} items of one shop; it knows no other. "
        "Serve it with `retrieval.ranking.sequence.model.SequenceModel`.",
        "",
        "## Figures",
        "",
        f"The last event of {metrics['held_out']} customers, left out while these figures were "
        f"made, ranked among all items{hidden}. The blend's weights and the best epoch were "
        "chosen on the same customers, so the figures flatter a little. What is written was then "
        "trained on those events too.",
        "",
        "| part | Recall@10 | NDCG@10 |",
        "|---|---|---|",
        *parts,
        "",
        "## Weights of the blend",
        "",
        "| task | signal | weight |",
        "|---|---|---|",
        *weights,
        "",
        "## Limits",
        "",
        "It tells what is likely, not what is good. What was shown more often was had more often, "
        "and is ranked higher for that. A customer without known events gets what is popular. "
        "Whoever holds the file can guess which items were had together.",
        "",
    ]
    return "\n".join(lines)
