"""Trains the shop's own intent model and writes it as it is shipped: adapter and head."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import torch

from assistant.understanding.emoji import read_emoji
from assistant.understanding.intent_adapter import ADAPTER_FILE, IntentAdapter
from assistant.understanding.intent_network import Classifier
from assistant.understanding.understanding import IntentName
from finetune.intent.utterances import Utterances, read_development
from finetune.text import devices
from finetune.text.body import adapter_layers, fill_adapter
from finetune.text.examples import Example
from finetune.text.noise import disturbed
from finetune.text.recipe import Recipe
from finetune.text.run import Report, train, write_story
from retrieval.encoder.adapter import body_fingerprint

SHOP_RECIPE = Recipe(
    body="bilingual",
    epochs=8,
    batch=64,
    rate=1.5e-3,
    head_rate=3e-3,
    lora_rank=16,
    label_smoothing=0.05,
)
_MOST = 300
"""Patterns of one intent and language in one epoch."""


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
    training = utterances or Utterances.load()

    def source(random: Random) -> Sequence[Example]:
        drawn = training.draw(random, _MOST)
        if recipe.noise:
            drawn = disturbed(drawn, random, recipe.noise)
        return [replace(example, text=read_emoji(example.text)) for example in drawn]

    def begin(network: Classifier) -> None:
        if start:
            earlier = IntentAdapter.load(start, any_body=True)
            fill_adapter(network.body, earlier.layers)
            with torch.no_grad():
                network.head.weight.copy_(torch.from_numpy(earlier.head))
                network.head.bias.copy_(torch.from_numpy(earlier.bias))

    trained = train(
        source,
        read_development(),
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
    if devices.is_first():
        adapter.save(folder / ADAPTER_FILE)
        write_story(trained, folder)
    return trained.metrics
