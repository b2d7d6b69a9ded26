from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finetune.aspects.thresholds import Annotated, choose_thresholds, pair_f1, read_dev
from retrieval.reviews.clause_model import ClauseCard
from retrieval.reviews.vocabulary import aspect_labels


class Says:
    """Hears a battery that is dead in every clause with "dead", the surer the more often."""

    fingerprint = "says"
    card = ClauseCard(
        labels=("battery+", "battery-"),
        least={"en": 0.5, "zh": 0.5},
        max_tokens=8,
        body="",
    )

    def probabilities(self, clauses: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[0.0, 0.32 * c.count("gone")] for c in clauses], dtype=np.float32)


def test_the_threshold_is_where_pairs_are_read_best() -> None:
    reviews = [
        Annotated("gone gone by noon", frozenset({"battery-"})),
        Annotated("gone to the market", frozenset()),
    ]
    card, scores = choose_thresholds(Says(), {"en": reviews})
    assert 0.32 < card.least["en"] <= 0.64
    assert scores["en"] == 1.0
    assert pair_f1(None, reviews) == 0.0


def test_the_dev_reviews_judge_known_aspects() -> None:
    known = {name + sign for name in aspect_labels() for sign in "+-"}
    dev = read_dev()
    assert set(dev) == {"en", "zh"}
    for reviews in dev.values():
        assert len(reviews) > 100
        assert {label for review in reviews for label in review.labels} <= known
