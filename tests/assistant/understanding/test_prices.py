from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.prices import find_prices
from retrieval.language import fold, normalise


def bounds(text: str, expected: bool = False) -> list[tuple[float | None, float | None]]:
    found = find_prices(fold(normalise(text)), price_expected=expected)
    return [(price.low, price.high) for price in found]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("shoes under 50", None, 50),
        ("50-80 bucks", 50, 80),
        ("less than $100", None, 100),
        ("between 20 and 40", 20, 40),
        ("from $40 up to $60, say $40 to $60", 40, 60),
        ("around 60", 48, 72),
        ("两百以内的裙子", None, 200),
        ("一千五左右", 1200, 1800),
        ("50到80块", 50, 80),
        ("¥300以下", None, 300),
        ("3k以内", None, 3000),
        ("2万以下", None, 20_000),
        ("budget is 80", None, 80),
        ("预算五百", None, 500),
        ("at most 30 dollars", None, 30),
        ("不超过五百", None, 500),
        ("最低100元", 100, None),
        ("300元以上", 300, None),
        ("三到五百的耳机", 300, 500),
        ("under fifty dollars", None, 50),
        ("a $50 dress", None, 50),
        ("128 gb phone under $500", None, 500),
        ("一百到两百之间", 100, 200),
        ("两三百的鞋", 200, 300),
        ("四五十块的杯子", 40, 50),
        ("耳机 200-300", 200, 300),
        ("skirts in the 20-35 range", 20, 35),
        ("a present, max 30", None, 30),
    ],
)
def test_bounds(text: str, low: float | None, high: float | None) -> None:
    assert (low, high) in bounds(text)


@pytest.mark.parametrize(
    "text",
    [
        "size 42",
        "under 5 kg",
        "4 stars and up",
        "iphone 15",
        "for my 6 year old niece",
        "2-pack",
        "models from 2006 - 2012",
        "100% cotton",
        "women over 50",
        "2 and 3",
        "第一个和第三个",
        "几百块",
        "32英寸",
        "四星以上",
        "make it 80",
    ],
)
def test_numbers_that_are_no_prices(text: str) -> None:
    assert bounds(text) == []


def test_a_bare_number_counts_while_a_price_is_talked_about() -> None:
    assert bounds("actually make it 80", expected=True) == [(None, 80)]


@given(st.text(alphabet="0123456789.,-~到以内左右块$¥ kunderbtwan一二三百千万", max_size=40))
def test_any_soup_of_numbers_is_read_in_order(text: str) -> None:
    clean = fold(normalise(text))
    found = find_prices(clean, price_expected=True)
    for price in found:
        assert 0 <= price.start < price.end <= len(clean)
        if price.low is not None and price.high is not None:
            assert price.low <= price.high
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("running shoes for women under 120", None, 120),
        ("coats for men over 140", 140, None),
        ("a jacket for tall people below 90", None, 90),
    ],
)
def test_a_person_before_a_bound_does_not_make_it_a_size(text, low, high):
    (price,) = find_prices(text, price_expected=False)
    assert (price.low, price.high) == (low, high)


@pytest.mark.parametrize("text", ["women 38", "boots men 42"])
def test_a_number_right_after_a_person_is_a_size(text):
    assert find_prices(text, price_expected=False) == []
