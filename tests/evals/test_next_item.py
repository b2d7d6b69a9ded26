from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evals.errors import DataError
from evals.next_item import by_length, evaluate, figures, read_histories, read_targets
from retrieval.ranking.sequence.card import SequenceCard
from retrieval.ranking.sequence.history import SequenceEvent
from retrieval.ranking.sequence.model import SequenceModel
from retrieval.ranking.sequence.neighbours import Neighbours
from retrieval.ranking.sequence.network import SequenceNetwork, Shape


@pytest.fixture
def model() -> SequenceModel:
    """Of 30 items, where each follows the one before; the others are equally likely."""
    items = 30
    follows = Neighbours(
        np.arange(items + 1),
        ((np.arange(items) + 1) % items).astype(np.int32),
        np.ones(items, dtype=np.float32),
    )
    weights = {
        "items": np.ones((items, 2), dtype=np.float32),
        "norm.weight": np.ones(2, dtype=np.float32),
        "norm.bias": np.zeros(2, dtype=np.float32),
    }
    return SequenceModel(
        SequenceCard(
            pooling="mean",
            heads=1,
            blocks=0,
            longest=5,
            remembered=5,
            window=5,
            gap_hours=1,
            kinds=[""],
            decay=0.5,
            repeats=False,
            weights={"next": {"follows": 1.0}},
        ),
        [str(n) for n in range(items)],
        SequenceNetwork(Shape("mean", 1, 0), weights),
        follows,
        follows,
        np.full(items, -3.0, dtype=np.float32),
    )


def test_figures_of_known_ranks() -> None:
    found = figures(np.array([0.0, 1.0, 9.0, 10.0]))
    assert found.recall_at_10 == 0.75
    gains = [1, 1 / np.log2(3), 1 / np.log2(11), 0]
    assert found.ndcg_at_10 == pytest.approx(np.mean(gains), abs=1e-4)
    assert found.n == 4


def test_the_whole_catalogue_is_ranked_and_what_was_had_left_out(model: SequenceModel) -> None:
    histories = {
        "first": [SequenceEvent("4")],
        "second": [SequenceEvent("4"), SequenceEvent("3")],  # 4 follows 3 but was had: 5 is next
        "tied": [SequenceEvent("4")],
    }
    targets = {"first": "5", "second": "5", "tied": "20"}
    found = evaluate(model, histories, targets)
    assert (found.n, found.recall_at_10) == (3, pytest.approx(2 / 3, abs=1e-4))
    assert found.ndcg_at_10 == pytest.approx(2 / 3, abs=1e-4)


def test_an_unknown_item_or_customer_is_counted_as_missed(model: SequenceModel) -> None:
    found = evaluate(model, {"a": [SequenceEvent("4")]}, {"a": "unheard of", "b": "5"})
    assert (found.n, found.recall_at_10) == (2, 0.0)


def test_cold_start_counts_only_customers_who_have_so_many_events(model: SequenceModel) -> None:
    rows = by_length(
        model, {"a": [SequenceEvent("9"), SequenceEvent("4")], "b": []}, {"a": "5", "b": "5"}
    )
    assert [rows[known].n for known in (0, 1, 2, 5)] == [2, 1, 1, 0]
    assert rows[0].recall_at_10 == 0
    assert rows[1].recall_at_10 == rows[2].recall_at_10 == 1


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    def write(**columns: list) -> Path:
        pq.write_table(pa.table(columns), tmp_path / "file.parquet")
        return tmp_path / "file.parquet"

    return write


def test_files_are_read_and_bad_rows_told(
    parquet: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    histories = read_histories(
        parquet(user_id=[1, 2, None], items=[[4, 3], None, [1]], times=[[5, 6], None, None])
    )
    assert histories == {"1": [SequenceEvent("4", 5.0), SequenceEvent("3", 6.0)]}
    assert "row 1: items: missing" in caplog.text
    assert "row 2: user_id: missing" in caplog.text
    assert read_targets(parquet(user_id=[1, 2, None, 1], target=[7, None, 3, 4])) == {"1": "7"}
    assert "row 1: target: missing" in caplog.text
    assert "row 2: user_id: missing" in caplog.text
    assert "row 3: user_id: '1' has a target already" in caplog.text


def test_ids_are_the_same_whether_a_gap_made_floats_of_them(
    parquet: Callable[..., Path],
) -> None:
    assert read_targets(parquet(user_id=[1.0, 2.5], target=["a", "b"])) == {"1": "a", "2.5": "b"}
    histories = read_histories(parquet(user_id=[1, 2], items=[[7.0], [8.0, 9.0]]))
    assert histories["1"] == [SequenceEvent("7")]


def test_files_that_lack_something_are_refused(
    parquet: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="no column 'target'; it has user_id"):
        read_targets(parquet(user_id=[1]))
    with pytest.raises(DataError, match="no row has both"):
        read_targets(parquet(user_id=pa.array([None], pa.int64()), target=[1]))
    with pytest.raises(DataError, match="There is no file"):
        read_histories(tmp_path / "none.parquet")
