import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.numbers import parse


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("1,200", 1200),
        ("3k", 3000),
        ("2.5万", 25_000),
        ("2万5", 25_000),
        ("一千五", 1500),
        ("一千零五", 1005),
        ("三百五", 350),
        ("十五", 15),
        ("两百", 200),
        ("一百二十", 120),
        ("二十五", 25),
        ("fifty", 50),
        ("two hundred", 200),
        ("a hundred", 100),
        ("thirty-five", 35),
    ],
)
def test_parse(words: str, value: float) -> None:
    assert parse(words) == value


@pytest.mark.parametrize("words", ["", "k", "abc", ".", "hundreds of"])
def test_what_is_no_number(words: str) -> None:
    assert parse(words) is None


@given(st.integers(0, 9_999_999))
def test_every_arabic_number_is_read(number: int) -> None:
    assert parse(str(number)) == number
    assert parse(f"{number:,}") == number
