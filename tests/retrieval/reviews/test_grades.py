import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrieval.reviews.grades import Grades, grade, graded_phrases
from retrieval.reviews.sentiment import prepare


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("质量很好,非常满意", "质量很好"),
        ("质量很好", "质量太差"),
        ("很甜", "不太甜"),
        ("没有异味", "有异味"),
        ("absolutely love it", "it is great"),
        ("it is great", "it is not great"),
        ("works great", "stopped working, want a refund"),
    ],
)
def test_the_better_review_has_the_higher_grade(better: str, worse: str) -> None:
    assert grade(better) > grade(worse)


def test_latin_words_match_whole_and_the_longest_wins() -> None:
    assert grade("badge") == grade("") == 0
    assert grade("badly") == 0
    assert grade("bad") < 0
    assert grade("not bad for junkers") != grade("not bad for junk")
    assert grade("一点都不") == grade(prepare("一點都不"))


def test_more_of_the_same_is_surer_and_padding_less_sure() -> None:
    assert grade("很好,不错") > grade("不错") > grade("不错" + "那边桌子窗边" * 9) > 0


@given(st.text(max_size=60))
def test_any_text_has_a_grade(text: str) -> None:
    assert abs(grade(prepare(text))) < 60


@given(st.lists(st.sampled_from(sorted(graded_phrases())), min_size=1, max_size=1))
def test_a_phrase_alone_has_the_sign_of_its_grade(phrases: list[str]) -> None:
    (phrase,) = phrases
    assert grade(phrase) * graded_phrases()[phrase] > 0


def test_phrases_are_as_texts_are_prepared() -> None:
    assert all(phrase == prepare(phrase) for phrase in graded_phrases())


def test_a_phrase_is_graded_once() -> None:
    with pytest.raises(ValidationError, match="graded twice: good"):
        Grades(grades={1: ["good"], 2: ["good"]}, negators=["not"])
