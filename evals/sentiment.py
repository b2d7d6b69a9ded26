"""Measures a sentiment model on judged reviews."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from finetune.sentiment.baseline import baseline_probabilities
from finetune.sentiment.measures import measure
from finetune.sentiment.ratings import scale_of
from finetune.sentiment.train import plain_card
from finetune.text.examples import Example
from retrieval.reviews.ngrams import Scores
from retrieval.reviews.sentiment import SentimentCard, SentimentModel

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
    """Measures ``model`` on the examples of ``read_ratings``.

    Raises:
        TrainingDataError: the judgements are on no one scale.
    """
    scale_of(examples)
    texts = [example.text for example in examples]
    model.probabilities(texts[:8])
    began = perf_counter()
    parts = [
        model.probabilities(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)
    ]
    return _figures(np.concatenate(parts), model.card, examples, perf_counter() - began)


def evaluate_baseline(training: Sequence[Example], examples: Sequence[Example]) -> SentimentFigures:
    """Measures tf-idf with logistic regression, fitted on ``training``; the rate includes that."""
    began = perf_counter()
    found = baseline_probabilities(training, [example.text for example in examples])
    return _figures(found, plain_card(scale_of(training), 1, 1), examples, perf_counter() - began)


def _figures(
    probabilities: Scores, card: SentimentCard, examples: Sequence[Example], seconds: float
) -> SentimentFigures:
    figures = measure(probabilities, card, [example.label for example in examples])
    auc = figures["auc"] if figures["auc"] == figures["auc"] else None
    return SentimentFigures(
        figures["accuracy"],
        figures["macro_f1"],
        auc,
        figures["calibration_error"],
        round(len(examples) / seconds, 1),
        len(examples),
    )


def as_json(figures: SentimentFigures) -> str:
    """One JSON object on one line."""
    return json.dumps(vars(figures))
