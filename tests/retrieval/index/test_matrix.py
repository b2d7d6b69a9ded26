from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.index import matrix
from retrieval.index.matrix import MatrixWriter, VectorMatrix

N, D = 3000, 48


def _unit(rows: int, seed: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=(rows, D)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    found = _unit(N, 0)
    found[7] = 0.0  # a product without a vector
    return found


def test_scan_is_near_and_exact_is_nearer(vectors: NDArray[np.float32]) -> None:
    held, query, rows = VectorMatrix.of(vectors), _unit(1, 1)[0], np.arange(N)
    true = vectors @ query
    # A code is off by half a step at most, which for so few components is more than for 384.
    assert 0 < np.abs(held.scan(query, rows) - true).max() < 0.01
    assert np.abs(held.exact(query, rows) - true).max() < 0.0005
    assert held.scan(query, rows)[7] == 0.0


@pytest.mark.parametrize("shared", [1, 10**9], ids=["threads", "one thread"])
@pytest.mark.parametrize("picked", [100, 8192])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.19, 0.21, 0.6, 1.0])
def test_the_rows_asked_for_are_the_same_however_they_are_read(
    vectors: NDArray[np.float32],
    share: float,
    picked: int,
    shared: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matrix, "_PICKED", picked)
    monkeypatch.setattr(matrix, "_SHARED", shared)
    held, query = VectorMatrix.of(vectors), _unit(1, 2)[0]
    rows = np.flatnonzero(np.random.default_rng(3).random(N) < share)
    scores = held.scan(query, rows)
    assert scores.shape == (N,)
    assert np.abs(scores[rows] - (vectors @ query)[rows]).max(initial=0.0) < 0.01
    assert np.allclose(scores[rows], held.scan_rows(query, rows), atol=1e-6)


def test_nothing_is_found_in_nothing() -> None:
    held, query = VectorMatrix.of(np.zeros((0, D), dtype=np.float32)), _unit(1, 4)[0]
    none = np.zeros(0, dtype=np.int64)
    assert held.scan(query, none).shape == (0,)
    assert held.exact(query, none).shape == (0,)


def test_what_was_written_in_pieces_is_opened_whole(
    vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    with MatrixWriter(tmp_path / "v", D) as writer:
        for start in range(0, N, 700):
            writer.append(vectors[start : start + 700])
    held, query, rows = VectorMatrix.load(tmp_path / "v"), _unit(1, 5)[0], np.arange(N)
    assert len(held) == N
    assert np.array_equal(held.scan(query, rows), VectorMatrix.of(vectors).scan(query, rows))
