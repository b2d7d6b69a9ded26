import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.text.masking import masked

TYPED = st.text("0123456789 -.()+@#ab订单号元$", max_size=40)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("write to ann.b+x@mail.example.co.uk please", "write to name@example.com please"),
        ("call +1 (555) 123-4567", "call +0 (000) 000-0000"),
        ("电话138-1234-5678", "电话000-0000-0000"),
        ("13812345678给我打电话", "00000000000给我打电话"),
        ("order number is #SK-88-2213", "order number is #SK-00-0000"),
        ("order 1234, where is it", "order 0000, where is it"),
        ("订单号：2023991", "订单号：0000000"),
        ("快递SF1234567890到哪了", "快递SF0000000000到哪了"),
        ("AB20231 has not come", "AB00000 has not come"),
    ],
)
def test_what_leads_to_a_person_is_hidden(typed: str, kept: str) -> None:
    assert masked(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "under 10000 dollars",
        "$12345 at most",
        "预算10000元",
        "iphone 14 128 gb",
        "50-80 bucks",
        "1920x1080 screen",
        "a 20000mah battery",
        "order 2 of these",
        "order the red one",
        "size 40-42",
    ],
)
def test_what_is_wanted_stays(typed: str) -> None:
    assert masked(typed) == typed


@given(TYPED)
def test_masking_twice_changes_nothing_more(typed: str) -> None:
    assert masked(masked(typed)) == masked(typed)


@given(st.from_regex(r"[a-z]{1,8} \d{5,15} [a-z]{4,8}", fullmatch=True))
def test_no_long_number_stays_between_words(typed: str) -> None:
    found = masked(typed)
    assert not re.search(r"[1-9]", found) or re.search(r"\d (?:元|dollar|buck)", typed)
