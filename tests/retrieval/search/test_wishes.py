import pytest

from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.wishes import Wish, read_wish


@pytest.mark.parametrize(
    "text",
    [
        "a gift for my girlfriend",
        "something nice for mom",
        "what should I get my dad for his 60th birthday",
        "party with friends on Saturday night",
        "送女朋友的礼物",
        "送給媽媽的禮物",
        "给爸爸买点好的",
    ],
)
def test_a_wish_tells_for_whom_or_what_for_and_names_nothing(text: str) -> None:
    assert read_wish(text, Lexicon.load()) == Wish(1.0, True)


@pytest.mark.parametrize(
    "text", ["helicopter for mom", "asdfgh", "送给老师的直升机", "car insurance", "", "?!", "the"]
)
def test_what_names_a_thing_or_nothing_at_all_is_no_wish(text: str) -> None:
    wish = read_wish(text, Lexicon.load())
    assert wish.share < 1 and not wish.heads


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("surprise for the zookeeper", 1 / 2),
        ("送动物园园长的礼物", 3 / 9),
        ("a tuba for my dad", 1 / 2),
    ],
)
def test_unknown_words_leave_a_part_of_a_wish(text: str, share: float) -> None:
    found = read_wish(text, Lexicon.load())
    assert found.share == pytest.approx(share, abs=0.15)
    assert found.heads == ("tuba" not in text)
