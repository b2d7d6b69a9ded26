import numpy as np
import pytest

from evals.ranking_few import expected_auc, measure
from finetune.ranking.metrics import auc


def test_it_is_the_auc_that_clicks_have_on_the_average() -> None:
    random = np.random.default_rng(4)
    chances, scores = random.random(60), random.random(60)
    drawn = [auc((random.random(60) < chances).astype(float), scores) for _ in range(2000)]
    assert expected_auc(scores, chances) == pytest.approx(np.mean(drawn), abs=0.01)


def test_what_is_learnt_is_nearer_to_the_oracle_than_to_chance() -> None:
    for share in measure(seed=5, customers=12, lists=30.0, scale=0.1).values():
        assert 0.8 < share < 1
