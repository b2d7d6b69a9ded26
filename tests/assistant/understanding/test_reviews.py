"""Whether reviews are doubted, and which side is asked for."""

import pytest

from assistant.understanding.reviews import doubts_reviews, leaning


@pytest.mark.parametrize(
    "text",
    [
        "are the five star reviews legit",
        "any fake reviews?",
        "how do i know the ratings are genuine?",
        "these comments look suspicious",
        "评价有水分吗",
        "好评是不是刷的",
        "怎么知道评论不是假的",
        "这评分靠谱吗",
    ],
)
def test_doubts_of_reviews_are_heard(text: str) -> None:
    assert doubts_reviews(text)


@pytest.mark.parametrize(
    "text",
    [
        "is the leather genuine?",
        "do the reviews say the leather is real?",
        "true to size?",
        "show me fake plants",
        "with good reviews",
        "质量靠谱吗",
        "这是真的羊毛吗",
        "评价里说是真皮吗",
        "买的人评价怎么样",
    ],
)
def test_doubts_of_products_are_no_doubts_of_reviews(text: str) -> None:
    assert not doubts_reviews(text)


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("what do people complain about?", -1),
        ("pros and cons?", 0),
        ("what do buyers love about it", 1),
        ("what do reviews say?", 0),
        ("大家都吐槽什么", -1),
        ("优点和缺点", 0),
        ("买过的都夸什么", 1),
    ],
)
def test_the_side_asked_for(text: str, side: int) -> None:
    assert leaning(text) == side
