import numpy as np
import pytest

from retrieval.ranking.sequence.neighbours import Neighbours
from retrieval.ranking.sequence.newcomers import newcomers

TEXTS = np.array([[1, 0], [0, 1], [0.8, 0.6], [0, 0]], dtype=np.float32)
HAD = np.array([True, True, False, False])


@pytest.fixture
def near() -> Neighbours:
    """The second item follows the first."""
    return Neighbours(
        np.array([0, 1, 1, 1, 1]), np.array([1], dtype=np.int32), np.array([0.5], dtype=np.float32)
    )


def test_a_newcomer_is_likened_to_what_was_had_by_its_text() -> None:
    found = newcomers(TEXTS, HAD)
    assert found.items.tolist() == [2]  # the last has no text
    weights = dict(zip(found.models[0].tolist(), found.weights[0].tolist(), strict=True))
    assert weights == {0: pytest.approx(0.4), 1: pytest.approx(0.3)}


def test_it_follows_and_is_followed_as_its_models_are(near: Neighbours) -> None:
    joined = newcomers(TEXTS, HAD).joined(near)
    after_first = joined.scores(np.array([0]), np.array([1.0], dtype=np.float32))
    assert after_first.tolist() == pytest.approx([0, 0.5, 0.15, 0])
    after_new = joined.scores(np.array([2]), np.array([1.0], dtype=np.float32))
    assert after_new.tolist() == pytest.approx([0, 0.2, 0, 0])


@pytest.mark.parametrize("had", [[True] * 4, [False] * 4])
def test_without_newcomers_or_models_nothing_changes(had: list[bool], near: Neighbours) -> None:
    joined = newcomers(TEXTS, np.array(had)).joined(near)
    assert joined.scores(np.arange(4), np.ones(4, dtype=np.float32)).tolist() == [0, 0.5, 0, 0]
