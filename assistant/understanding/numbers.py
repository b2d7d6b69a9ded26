"""Numbers as people write them: ``1,200``, ``3k``, ``2.5万``, ``一千五``, ``two hundred``."""

import re

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_SUFFIXES = {"k": 1_000, "w": 10_000, "千": 1_000, "万": 10_000, "百": 100}
_SMALL = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    w: 10 * i
    for i, w in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),  # noqa: SIM905
        start=2,
    )
}
_ENGLISH = "|".join([*_TENS, *sorted(_SMALL, key=len, reverse=True)])

# Bounded repetitions: a flood of digits must not make matching quadratic.
ARABIC = (
    r"(?<!\d)(?:\d{1,3}(?:,\d{3}){1,3}(?:\.\d{1,4})?|\d{1,9}(?!\d)(?:\.\d{1,4})?)"
    r"(?:\s?[kw](?![a-z\d])|[千万]\d{0,4}|k\d(?!\d)|百)?"
)
HAN = r"(?<![零一二两三四五六七八九十百千万〇])[零一二两三四五六七八九十百千万〇]{1,12}+"
WORDS = rf"(?:an?\s+)?(?:(?:{_ENGLISH})[\s-]?){{0,3}}(?:{_ENGLISH}|hundred|thousand|grand)\b"
NUMBER = rf"(?:{ARABIC}|{HAN}|\b{WORDS})"
"""A pattern over folded text (see ``retrieval.language.fold``)."""

COUNT = (
    r"(?:(?<![\d.])(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,9}(?!\d))(?:\.\d{1,4})?"
    rf"(?:k(?=\s?[a-z])|\s?[千万百])?|{HAN}|半|\b{WORDS})"
)
"""The same without 万 as "w", which is also a watt."""

_ARABIC = re.compile(r"([\d.,]+)\s?([kw千万百]?)(\d*)$")


def parse(words: str) -> float | None:
    """The value of a number; ``None`` where the words are not one.

    A last Chinese digit counts the next lower unit: 一千五 is 1,500 and 三百二 is 320.
    """
    words = words.strip()
    if words == "半":
        return 0.5
    if match := _ARABIC.match(words):
        digits = match.group(1).replace(",", "").strip(".")
        try:
            value = float(digits) * _SUFFIXES.get(match.group(2), 1)
        except ValueError:
            return None
        if match.group(3):  # 2万5
            value += float(match.group(3)) * _SUFFIXES[match.group(2)] / 10 ** len(match.group(3))
        return value
    if all(c in _DIGITS or c in _UNITS for c in words) and words:
        return _han(words)
    return _english(words)


def _han(words: str) -> float | None:
    total, section, digit, last = 0, 0, None, 1
    for char in words:
        if char in _DIGITS:
            if digit is not None and last != 0:
                digit = digit * 10 + _DIGITS[char]  # 二五: read digit by digit
                continue
            digit = _DIGITS[char]
            last = 0 if char in "零〇" else last
        else:
            unit = _UNITS[char]
            if unit == 10_000:
                total = (total + section + (digit or 0)) * unit
                section = 0
            else:
                section += (1 if digit is None else digit) * unit
            digit, last = None, unit
    if digit is not None:
        # 一千五 = 1,500, but 一千零五 = 1,005 and 十五 = 15.
        section += digit * (last // 10 if last >= 100 and digit < 10 else 1)
    return float(total + section)


def _english(words: str) -> float | None:
    total, current, seen = 0, 0, False
    for word in re.split(r"[\s-]+", words):
        if word in _SMALL:
            current += _SMALL[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in ("thousand", "grand"):
            total, current = total + max(current, 1) * 1000, 0
        elif word in ("a", "an", ""):
            continue
        else:
            return None
        seen = True
    return float(total + current) if seen else None
