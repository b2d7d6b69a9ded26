import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from finetune.errors import TrainingDataError
from finetune.sentiment.ratings import read_ratings, scale_of
from finetune.text.examples import Example
from retrieval.reviews.sentiment import STARS, TWO

ROWS = [
    {"title": "Fine", "text": "Fits well", "stars": 5},
    {"title": None, "text": "尺碼偏小", "stars": "2"},
]
WANTED = [("fine. fits well", "5"), ("尺码偏小", "2")]


def write(folder: Path, kind: str) -> Path:
    file = folder / f"r.{kind}"
    if kind == "jsonl":
        lines = [json.dumps({**row, "stars": int(row["stars"])}) for row in ROWS]  # type: ignore[call-overload]
        file.write_text("\n".join(lines), encoding="utf-8")
    elif kind == "csv":
        file.write_text('title,text,stars\nFine,"Fits\nwell",5\n,尺碼偏小,2\n', encoding="utf-8")
    else:
        rows = [{**row, "stars": float(row["stars"])} for row in ROWS]  # type: ignore[arg-type]
        pa.parquet.write_table(pa.Table.from_pylist(rows), file)
    return file


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_title_and_text_are_read_as_one_from_every_format(tmp_path: Path, kind: str) -> None:
    found = read_ratings([write(tmp_path, kind)], ["title", "text"], "stars")
    assert [(e.text, e.label) for e in found] == WANTED


def test_bad_rows_are_named_and_good_ones_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "r.jsonl"
    rows = [("fine", 1), ("", 0), ("ok", 7), ("so so", 2.5), ("bad", None), ("poor", 0)]
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    file.write_text("\n".join(lines), encoding="utf-8")
    found = read_ratings([file], ["text"], "label")
    assert [(e.text, e.label) for e in found] == [("fine", "1"), ("poor", "0")]
    said = caplog.text
    assert "row 2: text: no text" in said
    assert "row 3: label: 7" in said
    assert "row 4: label: 2.5" in said
    assert "row 5: label: None" in said


def test_of_many_bad_rows_the_number_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "r.jsonl"
    lines = [json.dumps({"text": text, "label": 1}) for text in ["fine", *[""] * 30]]
    file.write_text("\n".join(lines), encoding="utf-8")
    read_ratings([file], ["text"], "label")
    assert len(caplog.records) == 6
    assert "25 more rows are left out" in caplog.text


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, "jsonl")
    with pytest.raises(TrainingDataError, match="no column 'rating'; it has title, text, stars"):
        read_ratings([file], ["text"], "rating")
    with pytest.raises(TrainingDataError, match="cannot be read"):
        read_ratings([tmp_path / "r.xls"], ["text"], "stars")
    with pytest.raises(TrainingDataError, match="cannot be read"):
        read_ratings([tmp_path / "gone.csv"], ["text"], "stars")
    empty = tmp_path / "e.jsonl"
    empty.write_text('{"text": "x", "label": 9}\n', encoding="utf-8")
    with pytest.raises(TrainingDataError, match="No file holds"):
        read_ratings([empty], ["text"], "label")


def test_the_scale_follows_from_the_judgements() -> None:
    def judged(*labels: str) -> list[Example]:
        return [Example("x", label) for label in labels]

    assert scale_of(judged("0", "1")) == scale_of(judged("1")) == TWO
    assert scale_of(judged("1", "4")) == STARS
    with pytest.raises(TrainingDataError, match="mix 0 with stars"):
        scale_of(judged("0", "1", "5"))
