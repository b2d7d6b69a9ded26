from retrieval.reviews.aspects import extract
from retrieval.reviews.wording import most_said
from retrieval.store.review_store import ReviewAspect


def clauses(*texts: str, aspect: str = "sizing") -> list[ReviewAspect]:
    return [
        ReviewAspect(f"r{n}", "p", m.aspect, m.polarity, m.clause)
        for n, text in enumerate(texts)
        for m in extract(text)
        if m.aspect == aspect and m.polarity < 0
    ]


def test_what_most_say_is_quoted_as_one_of_them_put_it() -> None:
    said = most_said(
        clauses("It runs small.", "Runs small!", "This runs small on me.", "The waist is tight.")
    )
    assert said == ("runs small", 3)


def test_chinese_too() -> None:
    said = most_said(clauses("尺码偏小", "有点小", "偏小了，买大一号吧"))
    assert said is not None and said[1] == 3 and "小" in said[0]


def test_where_everybody_says_something_else_nothing_is_said() -> None:
    assert most_said(clauses("It runs small.", "The sleeves are long.")) is None
    assert most_said([]) is None
