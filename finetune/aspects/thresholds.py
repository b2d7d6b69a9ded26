"""Chooses what a clause model must be sure of, on reviews that may be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product

import numpy as np
import yaml

from finetune.aspects.bank import LANGUAGES, Labels
from retrieval.reviews.clause_model import ClauseCard
from retrieval.reviews.clause_reader import ClauseReader, read_all

LEAST = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
BESIDE = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 2.0)
"""What may be asked beside words; 2 asks for more than certainty: the model is not read there."""

CLOSE = 0.01
"""F1 that may be given up for a higher ``beside``: the dev reviews are short, and longer ones have
more sentences in which words found something, and in which more can be heard wrongly."""


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
) -> tuple[ClauseCard, dict[str, float]]:
    """The card with the best ``least`` and ``beside``, and the F1 of pairs under them, both by
    language."""
    tried = _Remembering(model)
    card, scores = model.card, {}
    for language, reviews in dev.items():
        found = []
        for least, beside in product(LEAST, BESIDE):
            if beside >= least:
                tried.card = _with(card, language, least, beside)
                found.append((beside, pair_f1(tried, reviews), least))
        best = max(score for _, score, _ in found)
        beside, scores[language], least = max(f for f in found if f[1] >= best - CLOSE)
        card = _with(card, language, least, beside)
    return card, scores


def _with(card: ClauseCard, language: str, least: float, beside: float) -> ClauseCard:
    update = {
        "least": {**card.least, language: least},
        "beside": {**card.beside, language: beside},
    }
    return card.model_copy(update=update)


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
