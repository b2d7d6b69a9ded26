"""Which script a text is written in, and the folding of traditional to simplified Chinese."""

import re
from functools import cache

import opencc

# CJK ideographs: extension A, the unified block, compatibility forms, and the planes beyond.
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def has_chinese(text: str) -> bool:
    """Whether ``text`` holds at least one Chinese character."""
    return _IDEOGRAPH.search(text) is not None


def fold_traditional(text: str) -> str:
    """``text`` in simplified characters; what is not traditional Chinese stays as it is."""
    return str(_converter().convert(text))


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
