"""Measures a sentiment model on judged reviews."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from finetune.sentiment.measures import measure
from finetune.text.examples import Example
from retrieval.reviews.sentiment import SentimentModel

_BATCH = 512


@dataclass(frozen=True)
class SentimentFigures:
    """What ``shopkeeper eval sentiment --json`` prints."""

    accuracy: float
    macro_f1: float
    auc: float | None
    """1 against 0, or 4 and 5 stars against 1 and 2; None where one of them is missing."""
    calibration_error: float
    reviews_per_second: float
    n: int


def evaluate_sentiment(model: SentimentModel, examples: Sequence[Example]) -> SentimentFigures:
    """Measures ``model`` on the examples of ``read_ratings``."""
    texts = [example.text for example in examples]
    model.probabilities(texts[:8])
    began = perf_counter()
    parts = [
        model.probabilities(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)
    ]
    rate = len(texts) / (perf_counter() - began)
    figures = measure(np.concatenate(parts), model.card, [example.label for example in examples])
    auc = figures["auc"] if figures["auc"] == figures["auc"] else None
    return SentimentFigures(
        figures["accuracy"],
        figures["macro_f1"],
        auc,
        figures["calibration_error"],
        round(rate, 1),
        len(texts),
    )


def as_json(figures: SentimentFigures) -> str:
    """One JSON object on one line."""
    return json.dumps(vars(figures))
