import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.catalog.money import HIGHEST, known_currency, parse_price
from retrieval.errors import RowRejectedError

cents = st.integers(0, HIGHEST * 100 - 1)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.299,00 €", 1299, "EUR"),
        ("$12.99", 12.99, "USD"),
        ("12.99 USD", 12.99, "USD"),
        ("￥199", 199, "CNY"),
        ("199元", 199, "CNY"),
        ("1.2万元", 12_000, "CNY"),
        ("１２．５元", 12.5, "CNY"),
        ("US$ 5", 5, "USD"),
        ("CHF 1'299.50", 1299.5, "CHF"),
        ("1\u202f299,00 kr", 1299, "SEK"),
        ("1.299 €", 1299, "EUR"),
        ("1.299", 1.299, None),
        ("1,299", 1299, None),
        ("0,125", 0.125, None),
        ("1,234,567.89", 1_234_567.89, None),
        ("1.234.567", 1_234_567, None),
        (".5", 0.5, None),
        (7, 7, None),
        ("价格：58 起", 58, None),
    ],
)
def test_prices_as_shops_write_them(text: object, amount: float, currency: str | None) -> None:
    money = parse_price(text)
    assert money.amount == pytest.approx(amount)
    assert money.currency == currency


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-1, "is negative"),
        ("-3.50", "is negative"),
        ("(5.00)", "is negative"),
        ("−4 €", "is negative"),
        (math.nan, "is not a finite number"),
        (math.inf, "is not a finite number"),
        (1e12, "is over 10,000,000"),
        ("99999999999", "is over 10,000,000"),
        ("free", "is not a price"),
        ("", "is not a price"),
        (None, "is not a price"),
        (True, "is not a price"),
        ("12.99 - 15.99", "holds more than one amount"),
        ("12 apples", "has the word 'apples' beside the amount"),
    ],
)
def test_what_is_no_price_is_rejected(value: object, reason: str) -> None:
    with pytest.raises(RowRejectedError) as caught:
        parse_price(value)
    assert (caught.value.field, caught.value.reason) == ("price", reason)


@given(cents)
def test_english_and_german_spelling_mean_the_same(amount: int) -> None:
    english = f"{amount / 100:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert parse_price(f"${english}").amount == pytest.approx(amount / 100)
    assert parse_price(f"{german} €").amount == pytest.approx(amount / 100)


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers()))
def test_any_cell_is_a_price_or_an_error(value: object) -> None:
    try:
        money = parse_price(value)
    except RowRejectedError:
        return
    assert 0 <= money.amount <= HIGHEST


def test_an_ambiguous_sign_follows_the_shops_currency() -> None:
    assert parse_price("$5", currency="CAD").currency == "CAD"
    assert parse_price("¥5", currency="JPY").currency == "JPY"
    assert parse_price("$5", currency="EUR").currency == "USD"
    assert parse_price("1.299", currency="EUR").amount == 1299


def test_currencies_by_code_or_sign() -> None:
    assert [known_currency(code) for code in ("usd", " EUR ", "￥", "人民币")] == [
        "USD", "EUR", "CNY", "CNY",
    ]  # fmt: skip
    with pytest.raises(RowRejectedError, match="not a known currency"):
        known_currency("XXQ")
