import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoder.script import fold_traditional, has_chinese


@pytest.mark.parametrize("text", ["裙", "a 裙", "連衣裙", "㐀", "𠀀", "豈"])
def test_chinese_is_seen(text: str) -> None:
    assert has_chinese(text)


@pytest.mark.parametrize("text", ["", "dress", "café 25€", "👗", "。！", "ワンピース", "드레스"])
def test_other_scripts_are_not_chinese(text: str) -> None:
    assert not has_chinese(text)


def test_traditional_is_folded() -> None:
    assert fold_traditional("紅色連衣裙 size M") == "红色连衣裙 size M"


@given(st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs"])))
def test_text_without_chinese_stays(text: str) -> None:
    assert fold_traditional(text) == text
