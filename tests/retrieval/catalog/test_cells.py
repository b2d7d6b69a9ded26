from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.catalog import cells
from retrieval.errors import RowRejectedError


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("a | b|a", ["a", "b"]),
        ("红色、蓝色", ["红色", "蓝色"]),
        ('["x, y", "z"]', ["x, y", "z"]),
        (["p", None, " "], ["p"]),
        ("one", ["one"]),
        ("[not json", ["[not json"]),
        ({"k": "v"}, ["v"]),
        (38.0, ["38"]),
    ],
)
def test_lists(value: object, items: list[str]) -> None:
    assert cells.as_list(value) == items


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("Home > Sofas", ["Home", "Sofas"]),
        ("家居/沙发", ["家居", "沙发"]),
        (["Home", "Sofas"], ["Home", "Sofas"]),
        ("Tables & Chairs", ["Tables & Chairs"]),
    ],
)
def test_category_paths(value: object, path: list[str]) -> None:
    assert cells.as_path(value) == path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("有货", True),
        ("In Stock", True),
        ("缺货", False),
        ("sold out", False),
        ("12", True),
        (0, False),
    ],
)
def test_yes_and_no_in_both_languages(value: object, expected: bool) -> None:
    assert cells.as_bool(value, "in_stock") is expected


def test_a_word_that_is_neither_is_an_error() -> None:
    with pytest.raises(RowRejectedError):
        cells.as_bool("perhaps", "in_stock")


def test_html_becomes_text_without_scripts() -> None:
    markup = "<p>Soft &amp; warm</p><script>alert('x')</script><ul><li>wool<li>5 < 6</ul>"
    assert cells.as_prose(markup) == "Soft & warm\nwool\n5 < 6"


def test_text_that_is_not_html_is_left_alone() -> None:
    assert cells.as_prose("5 < 6 and 7 > 6\n\n AT&T ") == "5 < 6 and 7 > 6\nAT&T"


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "http://",
        "ftp://a/b",
        "x.png",
        "/\\evil",
    ],
)
def test_urls_that_a_page_may_not_hold(value: str) -> None:
    with pytest.raises(RowRejectedError):
        cells.as_url(value, "url")


def test_urls_that_it_may() -> None:
    assert cells.as_url("//cdn.shop/a b.png", "url") == "https://cdn.shop/a%20b.png"
    assert cells.as_url("/media/1.svg", "url") == "/media/1.svg"


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-04",
        "2026/03/04",
        "2026年3月4日",
        1772582400,
        "1772582400000",
        "2026-03-04T08:00:00+08:00",
    ],
)
def test_dates(value: object) -> None:
    assert cells.as_moment(value, "created_at").astimezone(UTC) == datetime(2026, 3, 4, tzinfo=UTC)


@given(st.text())
def test_texts_never_hold_control_characters(value: str) -> None:
    assert not any(ord(c) < 32 for c in cells.as_text(value))
    assert not any(ord(c) < 32 and c != "\n" for c in cells.as_prose(value))


@given(st.one_of(st.text(), st.integers(), st.floats()))
def test_dates_and_counts_never_fail_otherwise(value: object) -> None:
    for read in (cells.as_moment, cells.as_count, cells.as_number, cells.as_url):
        try:
            read(value, "field")
        except RowRejectedError as error:
            assert error.field == "field"
