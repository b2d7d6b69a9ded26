import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.reviews.shrinkage import Prior, Sample, estimate


def sample(polarities: list[float]) -> Sample:
    return Sample(len(polarities), sum(polarities), sum(p * p for p in polarities))


@given(st.lists(st.floats(-1, 1), max_size=50), st.floats(-1, 1), st.floats(1, 30))
def test_a_score_lies_between_the_mean_and_what_is_usual(
    polarities: list[float], usual: float, strength: float
) -> None:
    score = Prior(usual, strength).score(sample(polarities))
    own = sum(polarities) / len(polarities) if polarities else usual
    assert min(own, usual) - 1e-9 <= score.mean <= max(own, usual) + 1e-9
    assert -1 <= score.low <= score.mean + 1e-9
    assert score.mean - 1e-9 <= score.high <= 1


def test_more_mentions_narrow_the_interval() -> None:
    few, many = (Prior().score(sample([0.8, -0.8] * n)) for n in (1, 20))
    assert many.high - many.low < few.high - few.low


def test_the_prior_is_the_departments_mean() -> None:
    rng = np.random.default_rng(1)
    means = rng.normal(0.5, 0.15, 300).clip(-0.8, 0.8)
    samples = [sample(list(rng.choice([0.8, -0.8], 6, p=_odds(m)))) for m in means]
    prior = estimate(samples)
    assert prior.mean == pytest.approx(0.5, abs=0.06)
    assert prior.strength > 6


def test_shrunk_scores_are_nearer_the_truth_than_plain_means() -> None:
    rng = np.random.default_rng(2)
    means = rng.normal(0.3, 0.25, 400).clip(-0.8, 0.8)
    samples = [sample(list(rng.choice([0.8, -0.8], 4, p=_odds(m)))) for m in means]
    prior = estimate(samples)
    shrunk = np.array([prior.score(s).mean for s in samples])
    plain = np.array([s.total / s.weight for s in samples])
    assert np.mean((shrunk - means) ** 2) < 0.5 * np.mean((plain - means) ** 2)
    inside = [
        prior.score(s).low <= m <= prior.score(s).high for s, m in zip(samples, means, strict=True)
    ]
    assert 0.8 < np.mean(inside) <= 1


def test_too_few_products_take_the_wider_prior() -> None:
    wider = Prior(0.4, 5.0)
    assert estimate([sample([1.0])], wider) is wider
    assert estimate([], None) == Prior()


def _odds(mean: float) -> list[float]:
    praise = (mean / 0.8 + 1) / 2
    return [praise, 1 - praise]
