import numpy as np
import pytest

from finetune.sentiment.measures import measure
from finetune.sentiment.mixing import best_offsets, fit_mixture
from finetune.text.metrics import calibration_error, macro_f1
from retrieval.encoder.logits import softmax
from retrieval.reviews.mixture import Mixture
from retrieval.reviews.sentiment import STARS, TWO, SentimentCard

RANDOM = np.random.default_rng(3)


def card(labels: tuple[str, ...]) -> SentimentCard:
    plain = (0.0,) * len(labels)
    return SentimentCard(
        labels=labels, mixture=Mixture(bias=plain), offsets=plain, longest=1, max_tokens=8
    )


def test_the_part_that_knows_counts_and_the_other_does_not() -> None:
    truth = RANDOM.integers(0, 3, 600)
    knows = np.eye(3, dtype=np.float32)[truth] * 3 + RANDOM.normal(size=(600, 3)).astype("float32")
    guesses = RANDOM.normal(size=(600, 3)).astype("float32")
    mixture = fit_mixture(np.stack([knows, guesses, guesses[::-1]]), truth)
    assert mixture.weights[0] > 0.7
    assert max(mixture.weights[1:]) < 0.2


def test_overconfident_logits_are_calmed() -> None:
    truth = RANDOM.integers(0, 2, 2000)
    wrong = RANDOM.random(2000) < 0.2
    logits = np.eye(2, dtype=np.float32)[np.where(wrong, 1 - truth, truth)] * 20
    parts = np.stack([logits, *[0 * logits] * 2])
    mixture = fit_mixture(parts, truth)
    before = calibration_error(softmax(logits), truth)
    after = calibration_error(mixture.probabilities(parts), truth)
    assert before > 0.15
    assert after < 0.02


def test_offsets_help_rare_labels() -> None:
    leaning = RANDOM.normal(-2.5, 1.5, 4000)
    rare = 1 / (1 + np.exp(-leaning))
    truth = (RANDOM.random(4000) < rare).astype(np.int64)
    probabilities = np.stack([1 - rare, rare], axis=1).astype(np.float32)
    offsets = best_offsets(probabilities)
    plain, helped = (
        macro_f1(list(map(str, truth)), list(map(str, (np.log(probabilities) + o).argmax(axis=1))))
        for o in (np.zeros(2), np.array(offsets))
    )
    assert offsets[1] > offsets[0]
    assert helped > plain + 0.02


def test_three_stars_do_not_count_in_the_auc() -> None:
    found = np.eye(5, dtype=np.float32)[[0, 1, 4, 3, 4]] * 0.9 + 0.02
    figures = measure(found, card(STARS), ["1", "2", "3", "4", "5"])
    assert figures["auc"] == 1.0
    assert figures["accuracy"] == pytest.approx(0.8)


def test_doubt_about_three_stars_does_not_count_in_the_auc() -> None:
    unsure = [0.01, 0.0, 0.7, 0.0, 0.29]  # far likelier good than bad, if not neither
    sure = [0.05, 0.05, 0.0, 0.4, 0.5]
    figures = measure(np.array([unsure, sure], dtype=np.float32), card(STARS), ["5", "2"])
    assert figures["auc"] == 1.0


def test_a_model_of_stars_is_measured_on_two_sides() -> None:
    found = np.array([[0.1, 0.2, 0.3, 0.2, 0.2], [0.5, 0.2, 0.1, 0.1, 0.1]], dtype=np.float32)
    figures = measure(found, card(STARS), ["1", "0"])
    assert (figures["accuracy"], figures["macro_f1"], figures["auc"]) == (1.0, 1.0, 1.0)


def test_a_model_of_two_is_measured_on_stars_without_the_threes() -> None:
    found = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]], dtype=np.float32)
    figures = measure(found, card(TWO), ["2", "4", "3", "1"])
    assert figures["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
