"""Clauses about an order, a thing one has or the shop's rules: what they name is not looked for."""

import re
from functools import lru_cache

from assistant.understanding.bounds import alternatives
from assistant.understanding.cues import read_data
from assistant.understanding.message import Message

_BREAK = re.compile(r"[?!;,，。？！；…]+|\.(?!\d)|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")


def use_service_clauses(message: Message) -> None:
    """Uses up the clauses that want nothing found: "I want to return the boots I bought"."""
    ends = [
        *(match.span() for match in _BREAK.finditer(message.folded)),
        (len(message.folded),) * 2,
    ]
    start = 0
    for end, after in ends:
        if _is_service(message.folded[start:end]):
            message.use_span(start, end)
        start = after


def _is_service(clause: str) -> bool:
    patterns = _patterns()
    if patterns["alone"].search(clause):
        return True
    return bool(patterns["done"].search(clause) and patterns["had"].search(clause))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        heading: re.compile(alternatives(word for words in lists for word in words))
        for heading, lists in read_data("service.yaml").items()
    }
