"""Trains the shop's own intent model and writes it as it is shipped: adapter and head."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch

from assistant.understanding.intent_adapter import ADAPTER_FILE, IntentAdapter, body_fingerprint
from assistant.understanding.intent_network import Classifier
from assistant.understanding.understanding import IntentName
from finetune.intent.utterances import Utterances
from finetune.text.body import adapter_layers, fill_adapter
from finetune.text.examples import Example
from finetune.text.noise import disturbed
from finetune.text.recipe import Recipe
from finetune.text.run import Report, train, write_story

SHOP_RECIPE = Recipe(
    body="bilingual",
    epochs=8,
    batch=64,
    rate=1.5e-3,
    head_rate=3e-3,
    lora_rank=16,
    label_smoothing=0.05,
)
_VALIDATION = 0.1
_FILLINGS = 2
"""How often a pattern with slots is filled in one epoch."""


def train_shop_intents(
    folder: Path,
    recipe: Recipe = SHOP_RECIPE,
    utterances: Utterances | None = None,
    report: Report = lambda row: None,
    start: Path | None = None,
) -> dict[str, Any]:
    """Trains on the shop's utterances of both languages.

    Args:
        folder: gets ``adapter.safetensors``, the metrics, the curves and a model card; a run that
            was cut off there goes on.
        recipe: with ``lora_rank`` above 0 and the body ``bilingual``.
        utterances: default: the project's own.
        report: called after every epoch.
        start: an earlier adapter to go on from, perhaps of other encoder weights; two epochs are
            enough then.

    Returns:
        What ``metrics.json`` holds.
    """
    training, held_out = (utterances or Utterances.load()).split(_VALIDATION, recipe.seed)
    validation = held_out.draw(Random(recipe.seed), _FILLINGS)  # noqa: S311  (no secret)

    def source(random: Random) -> Sequence[Example]:
        drawn = training.draw(random, _FILLINGS)
        return disturbed(drawn, random, recipe.noise) if recipe.noise else drawn

    def begin(network: Classifier) -> None:
        if start:
            earlier = IntentAdapter.load(start, any_body=True)
            fill_adapter(network.body, earlier.layers)
            with torch.no_grad():
                network.head.weight.copy_(torch.from_numpy(earlier.head))
                network.head.bias.copy_(torch.from_numpy(earlier.bias))

    trained = train(
        source,
        validation,
        [name.value for name in IntentName],
        recipe,
        folder,
        out_of_scope=IntentName.OUT_OF_SCOPE.value,
        report=report,
        begin=begin,
    )
    trained.metrics["patterns"] = len(training.patterns)
    adapter = IntentAdapter(
        layers=adapter_layers(trained.network.body),
        head=trained.network.head.weight.detach().numpy(),
        bias=trained.network.head.bias.detach().numpy(),
        card=trained.card.model_copy(update={"body": body_fingerprint()}),
    )
    adapter.save(folder / ADAPTER_FILE)
    write_story(trained, folder)
    return trained.metrics
