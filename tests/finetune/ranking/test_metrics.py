import numpy as np
import pytest

from finetune.ranking.metrics import auc, calibration_error, fit_line, log_loss, ndcg


def test_auc_counts_pairs() -> None:
    labels, scores = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.8, 0.4, 0.1])
    assert auc(labels, scores) == 0.75
    assert auc(labels, -scores) == 0.25
    assert np.isnan(auc(np.ones(3), np.arange(3.0)))


def test_ndcg_is_one_for_the_best_order_only() -> None:
    gains = np.array([0.1, 0.9, 0.5])
    assert ndcg(gains, gains) == 1
    assert ndcg(gains, -gains) < 1
    assert ndcg(np.zeros(3), gains) == 1
    assert ndcg(np.array([1.0, 0, 0]), np.array([0.0, 1, 0])) == pytest.approx(1 / np.log2(3))


def test_calibration_is_mended_by_a_line() -> None:
    random = np.random.default_rng(4)
    log_odds = random.normal(size=20_000)
    labels = (random.random(20_000) < 1 / (1 + np.exp(-(0.5 * log_odds - 1)))).astype(float)
    before = 1 / (1 + np.exp(-log_odds))
    slope, intercept = fit_line(labels, log_odds)
    after = 1 / (1 + np.exp(-(slope * log_odds + intercept)))
    assert (slope, intercept) == (pytest.approx(0.5, abs=0.05), pytest.approx(-1, abs=0.05))
    assert calibration_error(labels, after) < 0.02 < calibration_error(labels, before)
    assert log_loss(labels, after) < log_loss(labels, before)
