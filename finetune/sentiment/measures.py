"""Figures of sentiment, whatever the scale of the model and of the judgements."""

from collections.abc import Sequence

import numpy as np

from finetune.ranking.metrics import auc
from finetune.text.metrics import accuracy, calibration_error, macro_f1
from retrieval.reviews.ngrams import Scores
from retrieval.reviews.sentiment import STARS, TWO, SentimentCard, decide

_TINY = 1e-12


def measure(probabilities: Scores, card: SentimentCard, truth: Sequence[str]) -> dict[str, float]:
    """Accuracy, macro-F1, AUC, and the expected calibration error.

    AUC tells 1 from 0, or 4 and 5 stars from 1 and 2, by how much likelier the good labels are
    than the bad ones; three stars don't count in it. Where model and judgements are on different
    scales both are brought to two sides, and three stars left out.

    Args:
        probabilities: of the labels of ``card``, ``(texts, labels)``.
        card: names the labels.
        truth: the judgements, 0 and 1 or stars.
    """
    scale = TWO if set(truth) <= set(TWO) else STARS
    middle = 0.5 if scale == TWO else 3
    sides = np.sign([float(label) - middle for label in truth])
    clear = sides != 0
    good, bad = (probabilities[:, np.sign(card.valence) == s].sum(axis=1) for s in (1, -1))
    if scale == card.labels:
        said, known = decide(probabilities, card), list(truth)
        wanted = np.array([scale.index(label) for label in truth])
        error = calibration_error(probabilities, wanted)
    else:
        share = (good / np.maximum(good + bad, 1e-9))[clear]
        wanted = (sides[clear] > 0).astype(np.int64)
        said, known = ([TWO[int(s)] for s in both] for both in (share >= 0.5, wanted))
        error = calibration_error(np.stack([1 - share, share], axis=1), wanted)
    score = np.log(good + _TINY) - np.log(bad + _TINY)
    return {
        "accuracy": round(accuracy(known, said), 4),
        "macro_f1": round(macro_f1(known, said), 4),
        "auc": round(auc(sides[clear], score[clear]), 4),
        "calibration_error": round(error, 4),
    }
