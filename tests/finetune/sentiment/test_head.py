import numpy as np

from finetune.sentiment.head import fit_head


def test_a_head_finds_what_can_be_told_apart() -> None:
    random = np.random.default_rng(5)
    truth = random.integers(0, 3, 500)
    centres = random.normal(size=(3, 8)) * 3 + 100  # far from zero, as a body's states may be
    vectors = (centres[truth] + random.normal(size=(500, 8))).astype(np.float32)
    weights, bias = fit_head(vectors, np.eye(3)[truth])
    said = (vectors @ weights.T + bias).argmax(axis=1)
    assert (said == truth).mean() > 0.95


def test_a_head_of_noise_is_not_sure() -> None:
    random = np.random.default_rng(6)
    vectors = random.normal(size=(400, 4)).astype(np.float32)
    weights, bias = fit_head(vectors, np.eye(2)[random.integers(0, 2, 400)])
    logits = vectors @ weights.T + bias
    assert np.abs(logits[:, 0] - logits[:, 1]).mean() < 0.5
