import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.errors import TrainingDataError
from finetune.text.examples import Example, read_examples, stratified_split, without_duplicates

ROWS = [("where is it", "status"), ("cancel it", "cancel"), ("退貨", "cancel")]

labelled = st.lists(
    st.builds(Example, text=st.text("ab ", min_size=1, max_size=4), label=st.sampled_from("xyz"))
)


def write(path: Path, rows: list[tuple[str | None, str | None]]) -> Path:
    table = pa.table({"say": [r[0] for r in rows], "means": [r[1] for r in rows]})
    match path.suffix:
        case ".parquet":
            pq.write_table(table, path)
        case ".csv":
            lines = ["say,means", *(f"{a or ''},{b or ''}" for a, b in rows)]
            path.write_text("\n".join(lines), encoding="utf-8")
        case _:
            lines = [json.dumps({"say": a, "means": b}) for a, b in rows]
            path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_reads_each_kind_of_file(tmp_path: Path, kind: str) -> None:
    found = read_examples([write(tmp_path / f"a.{kind}", ROWS)], "say", "means")
    assert [(e.text, e.label) for e in found] == [*ROWS[:2], ("退货", "cancel")]


def test_rows_without_text_or_label_are_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "a.jsonl", [("fine", "x"), ("  ", "x"), ("no label", None)])
    assert [e.text for e in read_examples([path], "say", "means")] == ["fine"]
    assert "row 2" in caplog.text
    assert "row 3" in caplog.text


def test_whole_numbers_are_labels_too(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"t": ["a", "b"], "l": [0, 1]}), path)
    assert [e.label for e in read_examples([path], "t", "l")] == ["0", "1"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", "x", "neither JSON"),
        ("a.parquet", "not parquet", "neither JSON"),
        ("a.csv", "other,columns\n1,2\n", "no column 'say'"),
        ("a.jsonl", '{"say": "", "means": ""}\n', "No file holds a row"),
    ],
)
def test_unusable_files_say_why(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(TrainingDataError, match=told):
        read_examples([tmp_path / name], "say", "means")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="cannot be read"):
        read_examples([tmp_path / "none.csv"], "say", "means")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    rows = ["say;means", *["很好用，质量不错；下次还来;好", "太差了，用了一天就坏;坏"] * 20]
    path.write_text("\n".join(rows), encoding=encoding)
    found = read_examples([path], "say", "means")
    assert len(found) == 40 and {e.label for e in found} == {"好", "坏"}
    assert found[0].text.startswith("很好用")


def test_a_row_with_a_cell_too_many_is_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("say,means\none,x\ntwo,y,z\nthree,x\n", encoding="utf-8")
    assert [e.text for e in read_examples([path], "say", "means")] == ["one", "three"]
    assert "row 2: has 3 cells" in caplog.text


def test_the_majority_decides_about_a_text_and_a_tie_drops_it() -> None:
    kept = without_duplicates(
        [
            Example("A", "x"),
            Example("a", "x"),
            Example("a", "y"),
            Example("b", "x"),
            Example("b", "y"),
        ]
    )
    assert kept == [Example("A", "x")]


def test_the_same_words_after_another_prefix_are_no_duplicate() -> None:
    both = [Example("black", "search"), Example("black", "refine", "shown | ")]
    assert without_duplicates(both) == both


@given(labelled)
def test_cleaning_twice_changes_nothing_more(examples: list[Example]) -> None:
    once = without_duplicates(examples)
    assert without_duplicates(once) == once
    assert len({e.text.casefold() for e in once}) == len(once)


@given(labelled, st.integers(0, 99))
def test_a_split_loses_and_doubles_nothing(examples: list[Example], seed: int) -> None:
    parts = stratified_split(examples, (7, 2, 1), seed)
    assert Counter(e for part in parts for e in part) == Counter(examples)
    assert {e.label for e in parts[0]} == {e.label for e in examples}


def test_a_split_keeps_the_shares_of_the_labels() -> None:
    examples = [Example(str(i), "ab"[i % 4 == 0]) for i in range(400)]
    sizes = [Counter(e.label for e in part) for part in stratified_split(examples, (7, 2, 1), 3)]
    assert [c["a"] for c in sizes] == pytest.approx([210, 60, 30], abs=1)
    assert [c["b"] for c in sizes] == pytest.approx([70, 20, 10], abs=1)


def test_shares_that_are_none_are_refused() -> None:
    with pytest.raises(TrainingDataError):
        stratified_split([Example("a", "x")], (0, 0), 1)
