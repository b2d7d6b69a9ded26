import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from evals.errors import DataError
from evals.judgments import measure, read_judgments, read_products
from evals.search import Bench, evaluate
from finetune.search.contrastive import Schedule
from finetune.search.order import Growth
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.opening import open_encoder
from retrieval.encoder.torch_encoder import torch_encoder

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
    assert set(report["systems"]) == {"bm25", "minilm", "rrf", "weighted", "hybrid"}
    assert report["systems"]["hybrid"] == report["systems"]["weighted"]
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
    assert "finetuned" in fitted["systems"]
    for name in ("bm25", "minilm", "rrf", "weighted"):
        assert plain["systems"][name] == fitted["systems"][name]


def test_titles_are_encoded_once(encoder: Encoder, tmp_path: Path) -> None:
    first = Bench(TITLES, encoder, tmp_path).cosines("red paint")
    [kept] = tmp_path.iterdir()
    np.save(kept, -np.load(kept))
    np.testing.assert_allclose(Bench(TITLES, encoder, tmp_path).cosines("red paint"), -first)


def test_encoder_and_order_are_learnt_from_enough_judgments(
    write: Write, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shoppers say "pmalo" for lamps here: only the judgments can tell."""
    monkeypatch.setattr(
        "evals.search.Growth", lambda: Growth(forests=1, rounds=40, least_in_leaf=5, threads=1)
    )
    nouns = ["lamp", "rug", "desk", "kettle", "scarf", "mower", "drill", "hose"]
    titles = [f"{noun} number {number}" for noun in nouns for number in range(6)]
    said = {noun: f"{noun[::-1]}o" for noun in nouns}
    asked = [(f"{said[noun]} {word}", noun) for noun in nouns for word in "abcdefghijkl"]
    pairs = [
        (query, uid) for query, noun in asked for uid, title in enumerate(titles) if noun in title
    ]
    products = write("p.parquet", product_uid=list(range(len(titles))), product_title=titles)
    fit = write(
        "fit.parquet",
        search_term=[query for query, _ in pairs],
        product_uid=[uid for _, uid in pairs],
        relevance=[3.0] * len(pairs),
    )
    judged = write(
        "j.parquet",
        search_term=["llirdo please", "esoho wanted", "esoho wanted"],
        product_uid=[36, 42, 43],
        relevance=[3.0, 3.0, 2.67],
    )
    opened: list[Path] = []

    def adapted(file: Path) -> Encoder:
        opened.append(file)
        return torch_encoder("cpu", adapter=file)

    short = Schedule(epochs=4, batch=16, look_alikes=1, rank=4, rate=3e-3)
    lines: list[str] = []
    args = (products, judged, fit, encoder, tmp_path / "cache", adapted, short, lines.append)
    report = evaluate(*args)
    systems = report["systems"]
    assert systems["hybrid"]["ndcg_at_10"] > systems["bm25"]["ndcg_at_10"]
    assert systems["finetuned"] != systems["minilm"]
    assert any("growing" in line for line in lines)
    written = [file.stat().st_mtime_ns for file in opened]
    assert evaluate(*args)["systems"] == systems
    assert [
        file.stat().st_mtime_ns for file in opened[2:]
    ] == written  # the same judgments are not trained on twice


def test_bad_files_are_said(write: Write, products: Path, encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'relevance'"):
        bad = write("bad.parquet", search_term=["a"], product_uid=[10])
        evaluate(products, bad, None, encoder, tmp_path)
    with pytest.raises(DataError, match="no query has"):
        none = write("none.parquet", search_term=["a"], product_uid=[10], relevance=[1.0])
        evaluate(products, none, None, encoder, tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(DataError, match="damaged"):
        evaluate(tmp_path / "broken.parquet", products, None, encoder, tmp_path)


def test_what_cannot_be_used_is_told_and_the_rest_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    products = tmp_path / "products.csv"
    lines = [
        "product_uid,product_title",
        "1,Café chair",
        "2,Oak desk,more",
        "3,",
        "1,Again",
        "4,Lamp",
    ]
    products.write_text("\n".join(lines), encoding="cp1252")
    rows, titles = read_products(products)
    assert titles == ["Café chair", "Lamp"] and rows == {"1": 0, "4": 1}
    for told in ("row 2: has 3 cells", "row 3: no title", "row 4: product_uid: 1 has a title"):
        assert told in caplog.text
    judged = tmp_path / "judged.csv"
    lines = ["search_term,product_uid,relevance", "chair,1,3", "chair,4,abc", ",4,3", "lamp,4,nan"]
    judged.write_text("\n".join([*lines, "lamp,4,2.5", "lamp,9,3"]), encoding="utf-8")
    assert read_judgments(judged, rows) == {"chair": {0: 3.0}, "lamp": {1: 2.5}}
    for told in ("row 2: relevance: 'abc'", "row 3: search_term", "row 4: relevance: 'nan'"):
        assert told in caplog.text
    with pytest.raises(DataError, match="no product_uid is that of a product"):
        read_judgments(judged, {"x": 0})
