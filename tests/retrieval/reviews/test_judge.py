from pathlib import Path

import pytest

from retrieval.errors import WeightsError
from retrieval.reviews.judge import ShippedJudge
from retrieval.reviews.sentiment import SHIPPED


def test_the_model_is_opened_when_first_asked(model_cache: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "sentiment.safetensors"
    damaged.write_bytes(SHIPPED.read_bytes()[:2000])
    judge = ShippedJudge(model_cache, damaged)
    assert judge.fingerprint
    with pytest.raises(WeightsError, match="unusable"):
        judge.judge(["good"])


def test_it_judges_as_the_model_does_and_has_its_fingerprint(model_cache: Path) -> None:
    judge = ShippedJudge(model_cache)
    bad, good = judge.judge(["用了两天就坏了，客服不理人", "Love it, fits perfectly"])
    assert bad.score < 0 < good.score
    assert judge.fingerprint != ShippedJudge(model_cache, Path(__file__)).fingerprint
