from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finetune.errors import TrainingDataError
from finetune.sequence.histories import Told, numbered, read_histories
from retrieval.ranking.sequence.history import SequenceEvent

Write = Callable[..., Path]


def test_items_are_read_in_order_and_numbered_naturally(parquet: Write) -> None:
    told, _ = read_histories(parquet(user_id=[1, 2], items=[[10, 9], [9, 2]]))
    found = numbered(told)
    assert found.items == ["2", "9", "10"]
    assert [row.tolist() for row in found.rows] == [[2, 1], [1, 0]]
    assert found.times == [None, None]


def test_times_and_kinds_come_along(parquet: Write) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    told, _ = read_histories(
        parquet(user_id=["a"], items=[["x", "y"]], times=[[at, None]], kinds=[["view", None]])
    )
    assert told == [
        Told(
            "a",
            [
                SequenceEvent("x", at.timestamp(), "view"),
                SequenceEvent("y", at.timestamp(), None),
            ],
        )
    ]
    assert numbered(told).kinds == ["", "view"]


def test_bad_rows_are_told_and_the_good_ones_kept(
    parquet: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = parquet(
        user_id=["a", None, "c", "d", "e"],
        items=[["x"], ["x"], None, ["x", None], ["x", "y"]],
        times=[None, None, None, None, [1.0]],
    )
    told, _ = read_histories(path)
    assert [one.customer for one in told] == ["a"]
    for reason in (
        "row 1: user_id: missing",
        "row 2: items: missing",
        "row 3: items: one is missing",
        "row 4: times: not a list of 2",
    ):
        assert reason in caplog.text


def test_a_time_that_is_none_is_told(parquet: Write, caplog: pytest.LogCaptureFixture) -> None:
    path = parquet(
        user_id=["a", "b", "c"], items=[["x"], ["x"], ["x"]], times=[["noon"], ["12"], ["nan"]]
    )
    told, _ = read_histories(path)
    assert [one.customer for one in told] == ["b"]
    assert "row 0: times: 'noon' is no time" in caplog.text
    assert "row 2: times: 'nan' is no time" in caplog.text


def test_rows_of_one_customer_are_joined(parquet: Write) -> None:
    told, _ = read_histories(parquet(user_id=["a", "b", "a"], items=[["x"], ["y"], ["z"]]))
    assert [(one.customer, [e.item for e in one.events]) for one in told] == [
        ("a", ["x", "z"]),
        ("b", ["y"]),
    ]


def test_a_file_without_a_column_or_a_usable_row_is_refused(parquet: Write, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="no column 'items'; it has user_id, things"):
        read_histories(parquet(user_id=[1], things=[[1]]))
    with pytest.raises(TrainingDataError, match="no row has both"):
        read_histories(parquet(user_id=[1], items=[[]]))
    (tmp_path / "no.parquet").write_text("no")
    with pytest.raises(TrainingDataError, match="There is no file"):
        read_histories(tmp_path / "none.parquet")
    with pytest.raises(TrainingDataError, match="no readable Parquet"):
        read_histories(tmp_path / "no.parquet")


def test_items_that_are_no_lists_are_told(parquet: Write, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TrainingDataError, match="no row has both"):
        read_histories(parquet(user_id=[1], items=["4 5 6"]))
    assert "row 0: items: '4 5 6' is no list" in caplog.text


def test_cleaning_is_counted(parquet: Write) -> None:
    path = parquet(user_id=[1], items=[["x", "x", "y"]], times=[[5.0, 5.0, None]])
    _, counted = read_histories(path)
    assert (counted.duplicates, counted.times_filled) == (1, 1)


def test_a_cut_keeps_the_first_events(parquet: Write) -> None:
    told, _ = read_histories(parquet(user_id=[1, 2], items=[["a", "b", "c"], ["b"]]))
    found = numbered(told).cut([2, 0])
    assert [event.item for event in found.events(0)] == ["a", "b"]
    assert found.events(1) == []
