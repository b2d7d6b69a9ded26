"""Star ratings: "4 stars and up", "四星以上", "评分不低于4.5"."""

import re

from assistant.understanding.message import Message
from assistant.understanding.numbers import parse

_N = r"(?P<n>[1-5](?:\.\d)?|[一二三四五]|one|two|three|four|five)"
_MIN = (
    r"(?:at least|over|above|more than|min(?:imum)?(?: of)?|not (?:less|lower) than|>=?|≥|"
    r"至少|不低于|高于|超过|大于|最低)"
)
_UP = (
    r"(?:\+|and (?:up|above|over|higher|more)|or (?:more|above|higher|better|up)|plus|minimum|"
    r"以上|起|及以上|或以上)"
)
_STAR = (
    r"(?:\s?-?(?:stars?(?!\s+(?:wars|trek|shaped?|print|pattern))|星(?!期|球|空|座)|★+|\*)"
    r"(?:级|评分|好评)?)"
)
_RATED = (
    r"(?:rated|ratings?|rating of|reviews?(?: of)?|评分|评价|好评|星级)"
    r"(?:\s*(?:is|of|at|在|是|:|要|得))?\s*"
)
_PATTERNS = tuple(
    re.compile(p)
    for p in (
        rf"(?:{_RATED})?{_MIN}\s*{_N}{_STAR}(?:\s*{_UP})?",
        rf"{_N}\s?\+\s?{_STAR}",
        rf"{_N}{_STAR}\s?(?:的)?{_UP}",
        rf"{_RATED}{_MIN}?\s*{_N}(?![\d.])(?:{_STAR}|分)?(?:\s*{_UP})?",
        rf"(?<![\d.]){_N}分{_UP}",
        rf"(?<![\d.a-z]){_N}{_STAR}(?![a-z])",
    )
)


def read_rating(message: Message) -> None:
    """Notes a lowest rating, if one is asked for."""
    if not any(mark in message.folded for mark in ("star", "rat", "review", "星", "分", "评", "★")):
        return
    for pattern in _PATTERNS:
        match = pattern.search(message.folded)
        value = parse(match.group("n")) if match else None
        if match and value is not None and value <= 5:
            message.change_span("set", "rating_min", value, *match.span())
            message.use_span(*match.span())
            return
