"""Back-translations and paraphrases by file."""

import json
import logging
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.errors import TrainingDataError
from finetune.text.course import Course, train_on_examples
from finetune.text.examples import Example
from finetune.text.recipe import Recipe
from finetune.text.variants import exchanged, fitting, read_variants

EXAMPLES = [Example("Where is it", "track", row=3), Example("call it off", "cancel", row=4)]


def written(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_bad_rows_are_named_and_the_good_ones_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(
        tmp_path / "v.jsonl",
        {"text": "Where is it", "variant": "where's  it at"},
        {"text": " ", "variant": "x"},
        {"text": "where is it", "variant": None},
        {"text": "where is it", "variant": "WHERE IS IT"},
        {"text": "where is it", "variant": "它在哪裡"},
    )
    with caplog.at_level(logging.WARNING):
        found = read_variants(file)
    assert dict(found) == {"where is it": ["where's it at", "它在哪里"]}
    assert [message.split(": ", 1)[1] for message in caplog.messages] == [
        "row 2: no text",
        "row 3: no variant",
        "row 4: variant: the text itself",
    ]


def test_a_torn_row_of_a_csv_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "v.csv"
    file.write_text('text,variant\na b,"b,\na"\nc\nd,e,f\nc d,d c\n', encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert dict(read_variants(file)) == {"a b": ["b, a"], "c d": ["d c"]}
    assert len(caplog.messages) == 2
    assert "row 3: has 3 cells" in caplog.messages[0]


@pytest.mark.parametrize("row", [{"text": "a", "other": "b"}, {"text": "a", "variant": ""}])
def test_a_file_without_variants_is_refused(tmp_path: Path, row: dict[str, str]) -> None:
    with pytest.raises(TrainingDataError, match="variant"):
        read_variants(written(tmp_path / "v.jsonl", row))


def test_what_is_an_example_itself_is_no_variant() -> None:
    variants = {"where is it": ["Call it off", "its place?"], "nobody says": ["this"]}
    assert fitting(variants, EXAMPLES) == {"where is it": ["its place?"]}
    assert fitting({"where is it": ["call it off"]}, EXAMPLES) == {}


@given(st.integers())
def test_only_texts_with_variants_change_and_rows_stay(seed: int) -> None:
    after = exchanged(EXAMPLES, {"where is it": ["its place?", "where"]}, 1, Random(seed))
    assert after[1] == EXAMPLES[1]
    assert after[0].text in ("its place?", "where")
    assert (after[0].label, after[0].row) == ("track", 3)
    assert exchanged(EXAMPLES, {"where is it": ["where"]}, 0, Random(seed)) == EXAMPLES


def test_about_as_many_are_exchanged_as_the_rate_says() -> None:
    after = exchanged(EXAMPLES[:1] * 2000, {"where is it": ["where"]}, 0.25, Random(1))
    assert 400 < sum(example.text == "where" for example in after) < 600


def test_words_that_only_variants_say_are_learnt(tiny_model: Path, tmp_path: Path) -> None:
    dice = Random(2)
    texts = sorted({" ".join(dice.choices(["one", "two", "red", "my"], k=6)) for _ in range(60)})
    examples = [Example(f"{text} where", "track") for text in texts[:25]]
    examples += [Example(f"{text} cancel", "cancel") for text in texts[25:50]]
    variants = {
        e.text: [e.text.replace("where", "the").replace("cancel", "please")] for e in examples
    }
    how = Recipe(
        body=str(tiny_model),
        epochs=16,
        variants=0.5,
        batch=8,
        rate=5e-3,
        head_rate=2e-2,
        noise=None,
        max_tokens=16,
    )
    unheard = [
        Example(" ".join([*dice.choices(["one", "two"], k=5), word]), label, part="test")
        for word, label in (("the", "track"), ("please", "cancel"))
        for _ in range(12)
    ]
    parts = ["train", "train", "train", "val"]
    given_parts = [Example(e.text, e.label, part=parts[i % 4]) for i, e in enumerate(examples)]
    scores: dict[str, float] = {}
    for name, said in (("plain", {}), ("varied", variants)):
        course = Course(refit=False, variants=said)
        found = train_on_examples([*given_parts, *unheard], tmp_path / name, how, course)
        scores[name] = found["test_accuracy"]
        assert found["variants"] == len(said)
    assert scores["varied"] > scores["plain"] + 0.2
