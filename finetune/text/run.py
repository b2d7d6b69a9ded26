"""One training run: from examples to a folder that can be served, measured and published."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from assistant.understanding.intent_model import (
    CARD_FILE,
    GRAPH_FILE,
    TOKENIZER_FILE,
    ClassifierCard,
    Numbers,
)
from assistant.understanding.intent_network import Classifier
from finetune.text.body import add_adapter, load_body, set_attention_dropout
from finetune.text.examples import Example
from finetune.text.metrics import (
    accuracy,
    best_rejection,
    best_temperature,
    calibration_error,
    macro_f1,
)
from finetune.text.recipe import Recipe
from finetune.text.trainer import Advance, Source, Trainer, logits_of
from retrieval.encoder.export import export_int8
from retrieval.encoder.logits import OUTPUT, softmax

logger = logging.getLogger(__name__)

METRICS_FILE, MODEL_CARD_FILE, RECIPE_FILE = "metrics.json", "MODEL_CARD.md", "recipe.json"
WEIGHTS_FILE = "model.safetensors"

Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class Trained:
    """A classifier after its run, calibrated on the validation part."""

    network: Classifier
    tokenizer: Tokenizer
    card: ClassifierCard
    recipe: Recipe
    metrics: dict[str, Any]


def train(
    source: Source,
    validation: Sequence[Example],
    labels: Sequence[str],
    recipe: Recipe,
    folder: Path,
    out_of_scope: str | None = None,
    report: Report = lambda row: None,
    begin: Callable[[Classifier], None] = lambda network: None,
    taught: Numbers | None = None,
    advance: Advance = lambda epochs, loss: None,
) -> Trained:
    """Trains and calibrates one classifier.

    Args:
        source: draws the examples of an epoch.
        validation: picks the best epoch, the temperature and the threshold.
        labels: all there are, in the order of the logits.
        recipe: its ``body`` is a model's name here, not ``auto``.
        folder: for checkpoint and curves.
        out_of_scope: which of ``labels`` means "none of the others".
        report: called after every epoch.
        begin: may change the weights that training starts from.
        taught: probabilities that a teacher gives the training examples, see ``Trainer``.
        advance: called after every step.
    """
    torch.manual_seed(recipe.seed)
    body, tokenizer = load_body(recipe.body, recipe.max_tokens)
    set_attention_dropout(body, recipe.attention_dropout)
    network = Classifier(body, len(labels), recipe.dropout)
    if recipe.lora_rank:
        add_adapter(body, recipe.lora_rank)
    if recipe.freeze_words:
        body.get_input_embeddings().requires_grad_(False)
    begin(network)
    trainer = Trainer(network, tokenizer, labels, recipe, folder, report, taught, advance)
    if recipe.prototypes:
        trainer.start_at_prototypes(source(Random(recipe.seed)))  # noqa: S311  (no secret)
    progress = trainer.fit(source, validation)
    card = ClassifierCard(
        labels=tuple(labels), out_of_scope=out_of_scope, max_tokens=recipe.max_tokens
    )
    metrics: dict[str, Any] = {
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "seconds": round(progress.seconds, 2),
        "texts_per_second": round(progress.texts / max(progress.seconds, 1e-9), 1),
    }
    if validation:
        logits = trainer.logits(validation)
        truth = np.array([card.labels.index(e.label) for e in validation], dtype=np.int64)
        temperature = round(best_temperature(logits, truth), 4)
        probabilities = softmax(logits / np.float32(temperature))
        card = card.model_copy(update={"temperature": temperature})
        card, rejection = best_rejection(logits, truth, card)
        names, said = ([card.labels[i] for i in v] for v in (truth, logits.argmax(axis=1)))
        metrics |= {
            "validation": len(validation),
            "accuracy": round(accuracy(names, said), 4),
            "macro_f1": round(macro_f1(names, said), 4),
            "calibration_error": round(calibration_error(probabilities, truth), 4),
        }
        if rejection:
            metrics["rejection"] = rejection
    return Trained(network.cpu().eval(), tokenizer, card, recipe, metrics)


def predict(trained: Trained, examples: Sequence[Example]) -> Numbers:
    """Raw scores of ``examples`` in float32, of shape ``(examples, labels)``."""
    return logits_of(trained.network, trained.tokenizer, examples)


def write(trained: Trained, folder: Path) -> None:
    """Writes all that serves, tells and reproduces a run."""
    (folder / GRAPH_FILE).unlink(missing_ok=True)
    export_int8(trained.network, folder / GRAPH_FILE, [OUTPUT])
    save_file(trained.network.state_dict(), folder / WEIGHTS_FILE)
    trained.tokenizer.save(str(folder / TOKENIZER_FILE))
    (folder / CARD_FILE).write_text(trained.card.model_dump_json(indent=2), encoding="utf-8")
    write_story(trained, folder)


def write_story(trained: Trained, folder: Path) -> None:
    """Writes metrics, recipe and model card: what tells about a run."""
    recipe = trained.recipe.model_dump_json(indent=2)
    (folder / RECIPE_FILE).write_text(recipe + "\n", encoding="utf-8")
    metrics = json.dumps(trained.metrics, indent=2)
    (folder / METRICS_FILE).write_text(metrics + "\n", encoding="utf-8")
    figures = "".join(f"| {name} | {value} |\n" for name, value in trained.metrics.items())
    card = trained.card
    (folder / MODEL_CARD_FILE).write_text(
        f"# Text classifier over {trained.recipe.body}\n\n"
        f"Tells {len(card.labels)} labels apart: {', '.join(card.labels)}.\n"
        f"Out of scope: {card.out_of_scope or 'not known to it'}; rejects by "
        f"{card.reject_by} below {card.reject_below}. Temperature {card.temperature}.\n\n"
        "Figures are of the validation part, which also chose the epoch, the temperature and the "
        "threshold; they flatter a little.\n\n"
        f"| figure | value |\n|---|---|\n{figures}\n"
        f"How it was trained:\n\n```json\n{recipe}\n```\n",
        encoding="utf-8",
    )
