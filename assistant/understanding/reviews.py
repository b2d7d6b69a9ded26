"""What is asked of reviews themselves: whether they are genuine, and which side is to be heard."""

import re
from functools import cache

from assistant.understanding.cues import read_data

_GAP = 3
"""Words between "reviews" and what doubts them, at most."""
_HAN_GAP = 4


def asks_again(folded: str) -> bool:
    """Whether the last question is asked of another product: "what about the second?", 第三双呢."""
    english, chinese = read_data("reviews.yaml")["and_this"]
    begun = re.match(rf"(?:{_either(english)})\b", folded)
    return bool(begun) or folded.rstrip().endswith(tuple(chinese))


def about_reviews(folded: str) -> bool:
    """Whether a message speaks of reviews by name."""
    english, chinese = _sides("reviews")
    return bool(re.search(rf"{english}|{chinese}", folded))


def doubts_reviews(folded: str) -> bool:
    """Whether a message asks if reviews are genuine: "can I trust the ratings?", 评论是真的吗."""
    return bool(_words("doubted").search(folded) or _doubt().search(folded))


def leaning(folded: str) -> int:
    """-1 where complaints are asked for, 1 where praise is, 0 where both or neither."""
    bad, good = _words("complaints").search(folded), _words("praise").search(folded)
    return (good is not None) - (bad is not None)


def asks_for_worst(folded: str) -> bool:
    """Whether the one that comes off worst is asked for: "the worst rated?", 哪个最差."""
    return bool(_words("worst").search(folded))


@cache
def _words(heading: str) -> re.Pattern[str]:
    return re.compile("|".join(_sides(heading)))


@cache
def _doubt() -> re.Pattern[str]:
    english, chinese = zip(*(_sides(h) for h in ("reviews", "doubt", "report")), strict=True)
    reviews, doubt, report = english
    between = rf"(?:\W+(?!{report})\w+){{0,{_GAP}}}?\W+"
    nearer = rf"(?:\W+(?!{report})\w+){{0,1}}\W+"
    patterns = [rf"{reviews}{between}{doubt}", rf"{doubt}{nearer}{reviews}"]
    reviews, doubt, report = chinese
    between = rf"(?:(?!{report})[^\W\d_]){{0,{_HAN_GAP}}}?"
    patterns += [rf"{reviews}{between}{doubt}", rf"{doubt}{between}{reviews}"]
    return re.compile("|".join(patterns))


def _sides(heading: str) -> tuple[str, str]:
    """The words of a heading as patterns, English and Chinese."""
    english, chinese = read_data("reviews.yaml")[heading]
    return rf"\b{_either(english)}\b", _either(chinese)


def _either(words: list[str]) -> str:
    # Longest first, so that 刷出来的 is tried before 刷.
    return f"(?:{'|'.join(re.escape(w) for w in sorted(words, key=len, reverse=True))})"
