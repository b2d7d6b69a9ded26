import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from evals.errors import DataError
from evals.search import Bench, evaluate, measure
from evals.search_latency import measure_latency
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.opening import open_encoder

ROOT = Path(__file__).parents[2]
TITLES = ["Red rose bush", "Red wall paint 1 gal.", "Garden hose 50 ft", "Paint brush", "Oak table"]

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(ROOT / "var" / "test-cache" / "encoder", "cpu")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(name: str, **columns: list[Any]) -> Path:
        path = tmp_path / name
        parquet.write_table(pa.table(columns), path)
        return path

    return to_file


@pytest.fixture
def products(write: Write) -> Path:
    uids = [10, 20, 30, 40, 50]
    return write("products.parquet", product_uid=uids, product_title=TITLES)


def judgments(write: Write, name: str = "judged.parquet") -> Path:
    return write(
        name,
        search_term=["red paint", "red paint", "50 foot hose", "unknown only"],
        product_uid=[20, 10, 30, 99],
        relevance=[3.0, 1.33, 2.67, 3.0],
    )


def test_metrics_by_hand() -> None:
    scores = {"first": np.array([3, 2, 1], np.float32), "last": np.array([1, 2, 3], np.float32)}
    judged = {"first": {0: 3.0}, "last": {0: 3.0, 2: 1.0}}
    found = measure(lambda query: scores[query], judged)
    assert found.recall_at_10 == found.recall_at_100 == 1.0
    # "last": the only gain (3 at relevance 3, 0 at relevance 1) stands third, discount 1/log2(4).
    assert found.ndcg_at_10 == pytest.approx((1 + 0.5) / 2)


def test_every_system_is_measured_on_queries_with_a_relevant_product(
    write: Write, products: Path, encoder: Encoder, tmp_path: Path
) -> None:
    report = evaluate(products, judgments(write), None, encoder, tmp_path / "cache")
    assert report["n_queries"] == 2
    assert set(report["systems"]) == {"bm25", "minilm", "rrf", "hybrid"}
    for figures in report["systems"].values():
        assert set(figures) == {"recall_at_10", "recall_at_100", "ndcg_at_10"}
    assert report["systems"]["hybrid"]["ndcg_at_10"] > 0.9
    json.dumps(report)


def test_only_the_fit_file_changes_the_weights(
    write: Write, products: Path, encoder: Encoder, tmp_path: Path
) -> None:
    judged = judgments(write)
    plain = evaluate(products, judged, None, encoder, tmp_path / "cache")
    fitted = evaluate(products, judged, judged, encoder, tmp_path / "cache")
    assert plain["weights"] != fitted["weights"]
    assert sum(fitted["weights"].values()) == pytest.approx(1.0)
    for name in ("bm25", "minilm", "rrf"):
        assert plain["systems"][name] == fitted["systems"][name]


def test_titles_are_encoded_once(encoder: Encoder, tmp_path: Path) -> None:
    first = Bench(TITLES, encoder, tmp_path).cosines("red paint")
    [kept] = tmp_path.iterdir()
    np.save(kept, -np.load(kept))
    np.testing.assert_allclose(Bench(TITLES, encoder, tmp_path).cosines("red paint"), -first)


def test_bad_files_are_said(write: Write, products: Path, encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column relevance"):
        bad = write("bad.parquet", search_term=["a"], product_uid=[10])
        evaluate(products, bad, None, encoder, tmp_path)
    with pytest.raises(DataError, match="no query has"):
        none = write("none.parquet", search_term=["a"], product_uid=[10], relevance=[1.0])
        evaluate(products, none, None, encoder, tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(DataError, match="neither"):
        evaluate(tmp_path / "broken.parquet", products, None, encoder, tmp_path)


def test_latency_is_measured_on_both_sides(encoder: Encoder) -> None:
    vectors = encoder.encode(TITLES)
    found = measure_latency(TITLES, vectors, ["red paint", "hose"], encoder)
    assert found["products"] == len(TITLES)
    assert found["ratio_p50"] == pytest.approx(found["hybrid"].p50 / found["chroma_where"].p50)
