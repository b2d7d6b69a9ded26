"""Stars as feeds write them: 4.5, "4,5", "4 out of 5", "★★★★☆", "5 stars", 五星."""

import re

from retrieval.catalog import cells
from retrieval.errors import RowRejectedError

_NUMBER = r"(?P<n>\d+(?:[.,]\d+)?)"
_OF = re.compile(rf"{_NUMBER}\s*(?:/|out of|of|分之)\s*(?P<most>5|10|100)(?:\s*(?:stars?|星|分))?")
_NAMED = re.compile(rf"{_NUMBER}\s*-?(?:stars?|星级?|分)")
_SIGNS = re.compile(r"(?P<full>[★⭐*]+)️?(?P<empty>☆*)")
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_WORDS |= {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_WORD = re.compile(rf"(?P<word>{'|'.join(_WORDS)})[\s-]*(?:stars?|星级?|颗星)")
FIVE = 5


def as_stars(value: object, scale: float = 1.0) -> int:
    """One to five; halves are rounded up. ``scale`` translates plain numbers of other systems.

    Raises:
        RowRejectedError: it is no number of stars, or none between one and five.
    """
    number = _number(value, scale)
    if not 1 <= number <= FIVE:
        raise RowRejectedError("rating", "is not between 1 and 5", value)
    return int(number + 0.5)


def _number(value: object, scale: float) -> float:
    if isinstance(value, bool):
        raise RowRejectedError("rating", "is not a number", value)
    if isinstance(value, str):
        text = value.strip().lower()
        if match := _OF.fullmatch(text):
            return _float(match["n"]) * FIVE / int(match["most"])
        if match := _NAMED.fullmatch(text):
            return _float(match["n"])
        if match := _SIGNS.fullmatch(text):
            return len(match["full"].replace("️", ""))
        if match := _WORD.fullmatch(text):
            return _WORDS[match["word"]]
    return cells.as_number(value, "rating") * scale


def _float(text: str) -> float:
    return float(text.replace(",", "."))
