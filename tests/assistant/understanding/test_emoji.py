"""Emoji as words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.emoji import read_emoji


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("👍", "yes"),
        ("👍🏽👍", "yes"),
        ("不要👎", "不要 no"),
        ("谢谢❤️❤️🙏", "谢谢 love thank you"),
        ("need a 🎒?", "need a backpack ?"),
        ("no emoji", "no emoji"),
        ("🪩 dance", "🪩 dance"),
    ],
)
def test_emoji_are_read_once_and_unknown_ones_left(text: str, read: str) -> None:
    assert read_emoji(text) == read


def test_yes_and_no_differ() -> None:
    assert read_emoji("👍") != read_emoji("👎")


@given(st.text())
def test_reading_twice_changes_nothing_more(text: str) -> None:
    once = read_emoji(text)
    assert read_emoji(once) == once
