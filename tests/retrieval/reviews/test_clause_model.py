from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from retrieval.encoder.adapter import Adapter
from retrieval.errors import WeightsError
from retrieval.reviews.clause_model import ClauseCard, ClauseModel, ShippedClauses, save_shipped

LABELS = ("battery-", "comfort+")
CARD = ClauseCard(
    labels=LABELS,
    least={"en": 0.5, "zh": 0.5},
    max_tokens=8,
    body="other weights",
)


class Counted:
    """Logits from the first token's id; remembers how often it ran."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        self.calls += 1
        return np.array([[float(ids[0, 0]), -1000.0]], dtype=np.float32)


def model(forward: Counted, workers: int = 1) -> ClauseModel:
    words = {"[UNK]": 0, "dead": 3, "soft": 1}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return ClauseModel(tokenizer, forward, CARD, workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_each_clause_has_its_probabilities_in_order(workers: int) -> None:
    clauses = ["dead", "soft"] * 5
    found = model(Counted(), workers).probabilities(clauses)
    assert found.shape == (10, 2)
    assert found.dtype == np.float32
    assert np.allclose(found[::2, 0], 1 / (1 + np.exp(-3)), atol=1e-6)
    assert np.allclose(found[1::2, 0], 1 / (1 + np.exp(-1)), atol=1e-6)
    assert (found[:, 1] < 1e-6).all()


def test_what_was_read_before_is_remembered() -> None:
    forward = Counted()
    reader = model(forward)
    first = reader.probabilities(["dead", "Dead ", "soft"])
    again = reader.probabilities(["soft", "dead"])
    assert forward.calls == 2
    assert np.array_equal(again, first[[2, 0]])
    assert reader.probabilities([]).shape == (0, 2)


def test_a_damaged_or_foreign_file_is_told(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"nothing")
    for path in (damaged, tmp_path / "missing.safetensors"):
        with pytest.raises(WeightsError, match="unusable"):
            ClauseModel.open(tmp_path, path)
        with pytest.raises(WeightsError, match="unusable"):
            ShippedClauses(tmp_path, path)
    foreign = tmp_path / "foreign.safetensors"
    head = np.zeros((2, 384), np.float32)
    save_shipped(Adapter({}, head, np.zeros(2, np.float32)), CARD, foreign)
    with pytest.raises(WeightsError, match="other weights"):
        ClauseModel.open(tmp_path, foreign)
    assert ShippedClauses(tmp_path, foreign).card == CARD
    assert ShippedClauses(tmp_path, foreign).probabilities([]).shape == (0, 2)
