import numpy as np
import pytest

from retrieval.search.asked_before import FEATURES, AskedBefore

# Products 0 and 1 are alike, and so are 2 and 3.
VECTORS = np.array([[1, 0], [0.96, 0.28], [0, 1], [0.28, 0.96]], dtype=np.float32)
ROWS = np.arange(4)
EDGES = (np.array([7, 7, 8, 9]), np.array([5, 5, 6, 6]))
BEFORE = AskedBefore(
    {"hose": {0: 3.0}, "lamp": {2: 3.0, 1: 0.0}},
    np.array([[1, 0], [0, 1]], dtype=np.float32),
)


def told(query: str, vector: list[float], before: AskedBefore = BEFORE) -> dict[str, list[float]]:
    asked = np.array(vector, dtype=np.float32)
    columns = before.features(query, asked, ROWS, VECTORS, EDGES)
    return {name: column.tolist() for name, column in zip(FEATURES, columns, strict=True)}


def test_products_like_those_that_answered_like_queries_stand_out() -> None:
    found = told("garden hose", [0.96, 0.28])
    assert found["asked_near"][1] > found["asked_near"][2]
    assert found["asked_ends"][1] > 0.9 > 0.1 > found["asked_ends"][3]
    assert found["asked_starts"][1] > 0.9
    assert found["asked_like"] == pytest.approx([0.96] * 4)


def test_the_query_itself_tells_nothing() -> None:
    """Else what is to be learnt would be told in training."""
    assert told("hose", [1, 0])["asked_ends"] == pytest.approx([0, 0, 0, 1])
    assert told("a hose", [1, 0])["asked_ends"][1] > 0.9


def test_a_product_is_not_compared_with_itself() -> None:
    alone = AskedBefore({"hose": {0: 3.0}}, np.array([[1, 0]], dtype=np.float32))
    found = told("garden hose", [1, 0], alone)
    assert found["asked_near"][0] == 0
    assert found["asked_nearest"][0] < found["asked_nearest"][1]


def test_without_queries_nothing_is_told() -> None:
    nothing = AskedBefore({}, np.zeros((0, 2), dtype=np.float32))
    assert told("hose", [1, 0], nothing)["asked_like"] == [0.0] * 4
