"""The stock fine-tuning recipe on reviews, to compare with: a BERT alone, nothing mixed in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from finetune.sentiment.ratings import scale_of
from finetune.sentiment.train import default_recipe, plain_card, write_deep, write_story
from finetune.text.examples import Example, without_duplicates
from finetune.text.stock import train_stock
from retrieval.reviews.mixture import Mixture
from retrieval.reviews.ngrams import NgramModel
from retrieval.reviews.sentiment import NGRAMS_FILE, save_ngrams


def train_stock_sentiment(
    examples: Sequence[Example], folder: Path, body: str = "auto"
) -> dict[str, Any]:
    """Writes a folder that ``SentimentModel.load`` opens.

    Args:
        examples: of ``read_ratings``; all are learnt from, since nothing is chosen.
        folder: of the model.
        body: ``auto`` takes the one of ``default_recipe``.

    Returns:
        What ``metrics.json`` holds: of the run alone.

    Raises:
        TrainingDataError: two scales are mixed.
    """
    unique = without_duplicates(examples)
    labels = scale_of(unique)
    recipe = default_recipe(unique)
    if body != "auto":
        recipe = recipe.model_copy(update={"body": body})
    trained = train_stock(unique, labels, recipe, folder)
    write_deep(trained, folder)
    nothing = NgramModel(np.zeros((2, len(labels)), np.int8), np.ones(len(labels), np.float32), 1)
    save_ngrams(nothing, folder / NGRAMS_FILE)
    alone = Mixture(weights=(1.0, 0.0, 0.0), bias=(0.0,) * len(labels))
    card = plain_card(labels, 1, recipe.max_tokens).model_copy(update={"mixture": alone})
    write_story(folder, card, trained.recipe, trained.metrics)
    return trained.metrics
