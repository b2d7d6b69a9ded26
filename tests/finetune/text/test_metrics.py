import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.intent_model import (
    ClassifierCard,
    decide,
)
from finetune.text.metrics import (
    accuracy,
    area,
    best_rejection,
    best_temperature,
    calibration_error,
    macro_f1,
)
from retrieval.encoder.logits import softmax


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


CARD = ClassifierCard(labels=("a", "b", "oos"), out_of_scope="oos")


def in_and_out(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """In scope: one label stands out. Out of scope: neither does, nor does "oos"."""
    dice = np.random.default_rng(2)
    labels = np.arange(count) % 4 // 2 * 2 + np.arange(count) % 2 * (np.arange(count) % 4 < 2)
    logits = dice.normal(0, 0.5, (count, 3)).astype(np.float32)
    logits[labels == 0, 0] += 6
    logits[labels == 1, 1] += 6
    return logits, labels


def test_rejecting_catches_what_is_like_nothing_and_spares_the_rest() -> None:
    logits, labels = in_and_out()
    card, figures = best_rejection(logits, labels, CARD)
    said = np.array(decide(logits, card))
    assert (said[labels == 2] == 2).mean() > 0.95
    assert (said[labels != 2] == labels[labels != 2]).mean() > 0.98
    assert set(figures) == {"probability", "energy"}
    assert figures["energy"]["auroc"] > 0.98


@pytest.mark.parametrize("way", ["probability", "energy"])
def test_a_higher_threshold_rejects_more(way: str) -> None:
    logits, _ = in_and_out()
    counts = [
        decide(logits, CARD.model_copy(update={"reject_by": way, "reject_below": at})).count(2)
        for at in (-10.0, 0.9, 2.0, 20.0)
    ]
    assert counts == sorted(counts)
    assert counts[-1] == len(logits)


def test_without_out_of_scope_examples_nothing_is_rejected() -> None:
    logits, labels = in_and_out()
    plain = ClassifierCard(labels=("a", "b"))
    assert best_rejection(logits[:, :2], labels % 2, plain) == (plain, {})
    inside = labels != 2
    assert best_rejection(logits[inside], labels[inside], CARD) == (CARD, {})


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30))
def test_the_area_counts_pairs(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in rows], dtype=np.float32)
    positive = np.array([is_positive for _, is_positive in rows])
    if positive.all() or not positive.any():
        return
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in scores[positive]
        for b in scores[~positive]
    ]
    assert area(scores, positive) == pytest.approx(np.mean(pairs))
