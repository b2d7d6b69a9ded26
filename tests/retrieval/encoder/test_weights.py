from pathlib import Path

import pytest

from retrieval.encoder.weights import MINILM_SHA256, check_sha256, model_folder, verified_folder
from retrieval.errors import WeightsError


def test_the_packaged_weights_are_the_expected_ones() -> None:
    assert verified_folder() == model_folder()


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "model.safetensors"
    damaged.write_bytes(b"not the weights")
    with pytest.raises(WeightsError, match=MINILM_SHA256):
        check_sha256(damaged, MINILM_SHA256)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"absent\.safetensors"):
        check_sha256(tmp_path / "absent.safetensors", MINILM_SHA256)
