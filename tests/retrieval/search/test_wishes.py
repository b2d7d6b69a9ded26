import pytest

from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.wishes import is_wish


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
    assert is_wish(text, Lexicon.load())


@pytest.mark.parametrize(
    "text", ["helicopter for mom", "asdfgh", "送给老师的直升机", "car insurance", "", "?!", "the"]
)
def test_what_names_a_thing_or_nothing_at_all_is_no_wish(text: str) -> None:
    assert not is_wish(text, Lexicon.load())
