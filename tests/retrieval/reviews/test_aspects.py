from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from retrieval.reviews.aspects import MAX_CHARACTERS, extract

DATA = Path(__file__).parent / "data"


def read(text: str) -> set[str]:
    """Aspects with their sign: ``{"sizing-", "color+"}``."""
    return {f"{m.aspect}{'+' if m.polarity > 0 else '-'}" for m in extract(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # contrast
        ("Gorgeous shade, but the zip broke.", {"color+", "durability-"}),
        ("Although the price is high the sound is superb", {"value-", "sound+"}),
        ("颜色很好看，但是掉色", {"color+", "washing-"}),
        ("虽然便宜，不过噪音大", {"value+", "noise-"}),
        # negation
        ("The strap is not comfortable", {"comfort-"}),
        ("It doesn't run small at all", {"sizing+"}),
        ("There is no smell", {"smell+"}),
        ("没有异味", {"smell+"}),
        ("穿着不舒服", {"comfort-"}),
        ("一点都不吵", {"noise+"}),
        ("I can't complain about the delivery", {"delivery+"}),
        # what looks like a negation and is none
        ("Not only comfortable, also cheap price", {"comfort+", "value+"}),
        ("质量特别好", {"quality+"}),
        ("无线连接很稳定", {"connectivity+"}),
        # two opinions in one clause
        ("great battery and terrible camera", {"battery+", "camera-"}),
        ("屏幕清晰和音质差", {"screen+", "sound-"}),
        # pointing back
        ("Really good phone, especially the camera.", {"camera+"}),
        # both languages in one review
        ("size偏小，but the color is lovely", {"sizing-", "color+"}),
        # traditional characters
        ("質量很好，尺碼偏小", {"quality+", "sizing-"}),
        # nothing judged
        ("I bought this in the size that I always buy.", set()),
        ("昨天收到的。", set()),
        ("", set()),
    ],
)
def test_opinions_are_read_as_a_person_would(text: str, expected: set[str]) -> None:
    assert read(text) == expected


def test_intensifiers_and_softeners_change_the_strength() -> None:
    soft, plain, strong = (
        abs(extract(text)[0].polarity) for text in ("a bit noisy", "noisy", "extremely noisy")
    )
    assert soft < plain < strong


def test_a_clause_is_quoted_word_for_word() -> None:
    text = "Nice mug.  The COLOUR is “vivid”, truly; yet it’s too heavy!"
    mentions = extract(text)
    assert {m.aspect for m in mentions} == {"color", "weight"}
    for mention in mentions:
        assert mention.clause == text[mention.start : mention.end]


def test_a_very_long_review_is_cut() -> None:
    assert read("x" * MAX_CHARACTERS + " the battery is great") == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pairs_on_clauses_annotated_by_hand(language: str) -> None:
    """Pair F1 on the half that was never looked at while the words were chosen."""
    rows = yaml.safe_load((DATA / f"clauses_{language}.yaml").read_text("utf-8"))["held_out"]
    hits = found = wanted = 0
    for text, *labels in rows:
        pairs = read(text)
        hits += len(pairs & set(labels))
        found += len(pairs)
        wanted += len(labels)
    assert 2 * hits / (found + wanted) >= 0.8


PIECES = st.sampled_from(
    [
        "not ",
        "没有",
        "but ",
        "但是",
        "size ",
        "尺码",
        "偏小",
        "great",
        "，",
        ". ",
        "和",
        "and ",
        "İ",
        "\n",
    ]
)


@given(st.text(max_size=80) | st.lists(PIECES, max_size=25).map("".join))
def test_any_text_gives_valid_mentions(text: str) -> None:
    for mention in extract(text):
        assert 0 <= mention.start < mention.end <= len(text)
        assert mention.clause == text[mention.start : mention.end]
        assert 0 < abs(mention.polarity) <= 1
