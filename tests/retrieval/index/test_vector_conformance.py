"""What every ``VectorIndex`` promises; each implementation passes all of it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder.encoder import Vectors
from retrieval.errors import VectorStoreError
from retrieval.index.chroma_index import ChromaIndex, embedded_client, server_client
from retrieval.index.exact_index import ExactIndex, matrix_of
from retrieval.index.vectors import VectorIndex

DIMENSION = 16


def unit_vectors(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@pytest.fixture(params=["exact", "chroma-embedded", "chroma-server"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    if request.param == "exact":
        yield ExactIndex(DIMENSION)
        return
    if request.param == "chroma-embedded":
        client = embedded_client(tmp_path / "chroma")
    else:
        client = server_client(request.getfixturevalue("chroma_url"))
    with ChromaIndex(client, f"test-{uuid.uuid4().hex}") as chroma:
        yield chroma


def stored(index: VectorIndex, batch: int = 2000) -> dict[str, Vectors]:
    return {
        i: vector for ids, rows in index.scan(batch) for i, vector in zip(ids, rows, strict=True)
    }


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.count() == 0
    assert list(index.scan()) == []
    assert index.nearest(unit_vectors(1)[0], 5) == []


def test_scan_returns_what_was_put_in_whatever_the_page_size(index: VectorIndex) -> None:
    vectors = unit_vectors(50)
    ids = [f"product {n} 裙" for n in range(50)]
    index.upsert(ids, vectors)
    for batch in (7, 50, 2000):
        found = stored(index, batch)
        assert set(found) == set(ids)
        np.testing.assert_allclose(np.stack([found[i] for i in ids]), vectors, atol=1e-6)


def test_nearest_is_ordered_by_cosine(index: VectorIndex) -> None:
    vectors = unit_vectors(40)
    index.upsert([str(n) for n in range(40)], vectors)
    wanted = vectors[3]
    found = index.nearest(wanted, 10)
    cosines = vectors @ wanted
    expected = np.argsort(-cosines)[:10]
    assert [i for i, _ in found] == [str(n) for n in expected]
    np.testing.assert_allclose([score for _, score in found], cosines[expected], atol=1e-5)


def test_a_limit_over_the_count_returns_all(index: VectorIndex) -> None:
    index.upsert(["a", "b"], unit_vectors(2))
    assert len(index.nearest(unit_vectors(1)[0], 100)) == 2
    assert index.nearest(unit_vectors(1)[0], 0) == []


def test_upsert_replaces(index: VectorIndex) -> None:
    old, new = unit_vectors(2)
    index.upsert(["a", "b"], np.stack([old, old]))
    index.upsert(["a"], new[None])
    assert index.count() == 2
    np.testing.assert_allclose(stored(index)["a"], new, atol=1e-6)
    np.testing.assert_allclose(stored(index)["b"], old, atol=1e-6)


def test_delete_ignores_what_is_not_there(index: VectorIndex) -> None:
    index.upsert(["a", "b", "c"], unit_vectors(3))
    index.delete(["b", "unknown"])
    assert set(stored(index)) == {"a", "c"}
    assert "b" not in [i for i, _ in index.nearest(unit_vectors(3)[1], 3)]


def test_a_batch_above_the_stores_own_limit_is_cut(index: VectorIndex) -> None:
    count = 6000  # the embedded Chroma takes 5,461 at once
    index.upsert([str(n) for n in range(count)], unit_vectors(count))
    assert index.count() == count


def test_the_exact_index_is_a_copy_of_what_is_stored(index: VectorIndex) -> None:
    vectors = unit_vectors(30)
    index.upsert([str(n) for n in range(30)], vectors)
    copy = ExactIndex.copy_of(index, DIMENSION)
    ids, matrix = matrix_of(copy, DIMENSION)
    np.testing.assert_allclose(matrix, vectors[[int(i) for i in ids]], atol=1e-6)


def test_an_embedded_chroma_keeps_its_vectors_over_a_restart(tmp_path: Path) -> None:
    vectors = unit_vectors(5)
    with ChromaIndex(embedded_client(tmp_path / "kept"), "products") as first:
        first.upsert(list("abcde"), vectors)
    with ChromaIndex(embedded_client(tmp_path / "kept"), "products") as second:
        assert second.count() == 5
        np.testing.assert_allclose(stored(second)["c"], vectors[2], atol=1e-6)


@pytest.mark.parametrize("url", ["localhost:9", "ftp://x", "http://127.0.0.1:9"])
def test_an_unusable_server_address_is_said(url: str) -> None:
    with pytest.raises(VectorStoreError):
        server_client(url)
