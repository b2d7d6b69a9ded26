import numpy as np

from finetune.sequence.histories import Told, numbered
from finetune.sequence.spectral import spectral_vectors
from retrieval.ranking.sequence.history import SequenceEvent


def test_items_that_follow_one_another_start_near_each_other(told: list[Told]) -> None:
    found = spectral_vectors(numbered(told, ["nobody's"]), 8, seed=1)
    assert found is not None
    vectors = found.numpy()
    assert np.linalg.norm(vectors[0]) < 0.1  # nobody's
    units = vectors[1:] / np.linalg.norm(vectors[1:], axis=1, keepdims=True)
    near = np.mean([units[n] @ units[(n + 1) % 30] for n in range(30)])
    far = np.mean([units[n] @ units[(n + 12) % 30] for n in range(30)])
    assert near > far + 0.3


def test_too_few_items_have_none() -> None:
    few = numbered([Told("a", [SequenceEvent("x"), SequenceEvent("y")])])
    assert spectral_vectors(few, 8, seed=1) is None
