"""Chooses what a clause model must be sure of, on reviews that may be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import yaml

from finetune.aspects.bank import LANGUAGES, Labels
from retrieval.reviews.clause_model import ClauseCard
from retrieval.reviews.clause_reader import ClauseReader, read_all

LEAST = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Annotated:
    """A review with the labels that a reader gave it."""

    text: str
    labels: Labels


class _Remembering:
    """A model whose card may be changed without asking it anew."""

    def __init__(self, model: ClauseReader) -> None:
        self._model = model
        self.card: ClauseCard = model.card
        self.fingerprint = model.fingerprint

    def probabilities(self, clauses: Sequence[str]) -> np.ndarray:
        return self._model.probabilities(clauses)


def read_dev() -> Mapping[str, Sequence[Annotated]]:
    """The dev reviews by language."""
    found = {}
    for language in LANGUAGES:
        text = files("finetune.aspects").joinpath(f"data/dev_{language}.yaml").read_text("utf-8")
        rows = yaml.safe_load(text)["dev"]
        found[language] = [Annotated(row[0], frozenset(row[1:])) for row in rows]
    return found


def choose_thresholds(
    model: ClauseReader, dev: Mapping[str, Sequence[Annotated]]
) -> tuple[dict[str, float], dict[str, float]]:
    """``least`` and the F1 of pairs under it, each by language."""
    tried = _Remembering(model)
    least, scores = {}, {}
    for language, reviews in dev.items():
        best = (-1.0, 0.0)
        for one in LEAST:
            update = {"least": {**model.card.least, language: one}}
            tried.card = model.card.model_copy(update=update)
            best = max(best, (pair_f1(tried, reviews), one))
        scores[language], least[language] = best
    return least, scores


def pair_f1(model: ClauseReader | None, reviews: Sequence[Annotated]) -> float:
    """F1 of pairs of aspect and side, over all reviews at once."""
    read = read_all([r.text for r in reviews], [None] * len(reviews), model)
    hits = found = wanted = 0
    for review, mentions in zip(reviews, read, strict=True):
        labels = {m.aspect + ("+" if m.polarity > 0 else "-") for m in mentions}
        hits += len(labels & review.labels)
        found += len(labels)
        wanted += len(review.labels)
    return 2 * hits / max(1, found + wanted)
