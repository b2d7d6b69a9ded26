import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.intent_model import ClassifierCard, softmax
from finetune.text.metrics import (
    accuracy,
    best_temperature,
    best_threshold,
    calibration_error,
    macro_f1,
)


def test_macro_f1_by_hand() -> None:
    # a: precision 1/1, recall 1/2; b: precision 1/2, recall 1/1
    assert macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert accuracy(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)


@given(st.lists(st.sampled_from("abc"), min_size=1))
def test_the_truth_scores_one(truth: list[str]) -> None:
    assert macro_f1(truth, truth) == 1
    assert accuracy(truth, truth) == 1


def overconfident() -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(1)
    labels = dice.integers(0, 3, 3000)
    logits = dice.normal(size=(3000, 3)).astype(np.float32)
    logits[np.arange(3000), labels] += 1.5
    return logits * 4, labels


def test_the_temperature_mends_overconfidence() -> None:
    logits, labels = overconfident()
    temperature = best_temperature(logits, labels)
    before, after = softmax(logits), softmax(logits / np.float32(temperature))
    # Bayes: of unit normals 1.5 apart the log-odds are 1.5 times the difference.
    assert temperature == pytest.approx(4 / 1.5, rel=0.1)
    assert calibration_error(after, labels) < 0.05 < calibration_error(before, labels)


def test_a_threshold_catches_the_unsure_and_spares_the_sure() -> None:
    card = ClassifierCard(labels=("a", "b", "oos"), out_of_scope="oos")
    sure, unsure = [0.97, 0.02, 0.01], [0.5, 0.3, 0.2]
    probabilities = np.array([sure] * 200 + [unsure] * 20, dtype=np.float32)
    labels = np.array([0] * 200 + [2] * 20)
    assert 0.5 < best_threshold(probabilities, labels, card) < 0.97


def test_without_out_of_scope_examples_nothing_is_rejected() -> None:
    probabilities = np.full((4, 2), 0.5, dtype=np.float32)
    plain = ClassifierCard(labels=("a", "b"))
    assert best_threshold(probabilities, np.array([0, 1, 0, 1]), plain) == 0
    card = ClassifierCard(labels=("a", "oos"), out_of_scope="oos")
    assert best_threshold(probabilities, np.array([0, 0, 0, 0]), card) == 0
