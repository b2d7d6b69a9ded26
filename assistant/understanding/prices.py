"""Prices: bounds, ranges, budgets and approximations in both languages."""

import re
from functools import lru_cache
from typing import NamedTuple

from assistant.understanding.bounds import alternatives, either
from assistant.understanding.cues import read_data
from assistant.understanding.numbers import NUMBER, parse
from retrieval.lexicon.units import units

_NEAR = 30
"""Characters before a number in which words of it can stand."""
_LEAST_BARE, _HIGH_BARE, _LEAST_ALONE = 10, 50, 200
AROUND = 0.2
"""How far "around 60" reaches to either side."""


@lru_cache(maxsize=1)
def _data() -> dict[str, list[str]]:
    words: dict[str, list[str]] = read_data("prices.yaml")
    return words


def price_words() -> frozenset[str]:
    """The words after a number that make it money."""
    return frozenset(_data()["after"])


_WEIGHED = rf"(?!\s*{alternatives(_data()['weighed'])})"
_BEFORE = alternatives(_data()["before"])
_AFTER = rf"(?:{alternatives(_data()['after'])}{_WEIGHED})"
_MONEY = rf"(?:{_BEFORE}\s*)?{{}}(?:\s?{_AFTER})?"
_NUMBER_A = rf"(?P<a>{NUMBER})"
_N1, _N2 = _MONEY.format(rf"(?P<a>{NUMBER})"), _MONEY.format(rf"(?P<b>{NUMBER})")
_TO = rf"\s*{either('range_joiner')}\s*"
_FROM = rf"(?:{either('between')}\s*)?"
_NOUN = alternatives(_data()["noun"])
_IS = rf"(?:\s*{alternatives(_data()['is'])}){{0,3}}\s*"

# A number that is followed by one of these, or preceded by one of those, is no price.
_UNIT = re.compile(
    rf"\s?-?(?:{alternatives({*units(), *_data()['counted']} - price_words() - {'in'})}"
    rf"|{alternatives(_data()['counted_zh'])}|分(?!钟?钱)"
    r"|in(?=\s*(?:x|by|wide|long|tall|$|,))|k(?=\s*(?:tv|screen|res))|(?:x|by)\s?\d)"
)
_NOT_BEFORE = re.compile(
    rf"{alternatives(_data()['labels'])}\s*$|{alternatives(_data()['marks'])}$"
)
_PERSON_BEFORE = re.compile(rf"{alternatives(_data()['persons'])}\s*$")
"""A number right after them is a size ("women 38"); "for women under 50" is a price."""

_NEIGHBOURS = re.compile(
    r"(?<![一二两三四五六七八九十百千万第])"
    r"(?P<a>[一两二三四五六七八])(?P<b>[两二三四五六七八九])(?P<unit>[十百千万])"
    r"(?:块钱|块|元)?(?:左右|上下|之间)?(?!岁|个|[件条双只台人天年片])"
)


class Price(NamedTuple):
    """A price range that was said; ``start`` and ``end`` are offsets of its words."""

    low: float | None
    high: float | None
    start: int
    end: int
    certain: bool = True
    """Whether the words say themselves that it is money or a bound."""


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_MAX_BEFORE, _MAX_AFTER = (
    either("at_most_before", "less_before"),
    rf"(?:{either('at_most_after')}|{alternatives(_data()['within'])}(?!存))",
)
_MIN_BEFORE, _MIN_AFTER = either("at_least_before", "more_before"), either("at_least_after")
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("range", _rule(rf"{_FROM}(?:{_NOUN}{_IS})?{_N1}{_TO}{_N2}(?:\s*{either('range_end')})?")),
    ("max", _rule(rf"(?:{_NOUN}{_IS})?{_MAX_BEFORE}\s*{_N1}")),
    ("min", _rule(rf"(?:{_NOUN}{_IS})?{_MIN_BEFORE}\s*{_N1}(?!\s*stars?)")),
    ("max", _rule(rf"(?:{_NOUN}{_IS})?{_N1}的?\s*{_MAX_AFTER}")),
    ("odd", _rule(rf"{_NUMBER_A}\s?{alternatives(_data()['odd'])}(?:\s?{_AFTER})?")),
    ("around", _rule(rf"{_NUMBER_A}{alternatives(_data()['about'])}\s?{_AFTER}")),
    ("around", _rule(rf"(?:{_NOUN}{_IS})?{_N1}\s*(?:的)?{either('around_after')}")),
    ("min", _rule(rf"{_N1}\s*{_MIN_AFTER}")),
    ("spent", _rule(rf"{_N1}\s+{alternatives(_data()['spent'])}")),
    ("max", _rule(rf"{_NOUN}{_IS}{_N1}")),
    ("max", _rule(rf"{_N1}\s*(?:的)?{alternatives(_data()['budget'])}")),
    ("around", _rule(rf"{either('around_before')}\s*{_N1}")),
    ("bare", _rule(rf"(?<![\d.]){_NUMBER_A}(?=的)")),
    ("plain", _rule(_N1)),
)  # fmt: skip
_VAGUE = re.compile(rf"(?<![最顶至]){alternatives(_data()['vague'])}$")
_CURRENCY = re.compile(rf"{_BEFORE}|(?<=[\d\s百千万十一二两三四五六七八九]){_AFTER}")
_MADE = re.compile(rf"{alternatives(_data()['made'])}\s*$")
_NO_NUMBER = re.compile(alternatives(_data()["no_numbers"]))
_SIZED = re.compile(
    rf"(?:{alternatives(_data()['sized'])}\s*{NUMBER}|{NUMBER}\s*{alternatives(_data()['sized_after'])})"
    r"[^\d]{1,12}$"
)
_WEIGHING = re.compile(rf"\d\s?{alternatives(_data()['weighing'])}$")
_ASKED = re.compile(alternatives(_data()["asked"]))
_WRITTEN = re.compile(rf"[\d一二两三四五六七八九十百千万]|{alternatives(_data()['numbers'])}")


def find_prices(folded: str, *, price_expected: bool) -> list[Price]:
    """The prices in a folded text, none overlapping.

    ``price_expected``: whether a price is being talked about already, so that a bare "make it 80"
    is one. A bare number otherwise is not.
    """
    if not _WRITTEN.search(folded):
        return []
    found = [p for match in _NEIGHBOURS.finditer(folded) if (p := _neighbours(match))]
    for kind, pattern in _RULES:
        for match in pattern.finditer(folded):
            if any(match.start() < p.end and p.start < match.end() for p in found):
                continue
            price = _read(kind, match, folded, price_expected or bool(found))
            if price:
                found.append(price)
    return sorted(found, key=lambda price: price.start)


def _just_before(folded: str, place: int) -> str:
    """The little of a text that words right before a place can stand in."""
    return folded[max(0, place - _NEAR) : place]


def _read(  # noqa: PLR0911, PLR0912 (one way out for each kind of number that is no price)
    kind: str, match: re.Match[str], folded: str, expected: bool
) -> Price | None:
    span = match.span()
    money = bool(_CURRENCY.search(match.group())) or bool(re.search(_NOUN, match.group()))
    first = parse(match.group("a"))
    vague = _VAGUE.search(_just_before(folded, match.start("a")))
    if (
        first is None
        or vague
        or _NO_NUMBER.match(folded, match.start("a"))
        or _is_measure(folded, match, money)
    ):
        return None
    if kind == "range":
        second = parse(match.group("b"))
        if second is None:
            return None
        if first < 10 <= second and second >= 100 and match.group("a")[-1:] not in "kw千万":
            scaled = first * _scale_of(match.group("b"))  # 三到五百, 1-2k
            first = scaled if scaled < second else first
        low, high = sorted((first, second))
        years = 1900 <= low <= 2100 and 1900 <= high <= 2100
        amounts = re.search(r"[百千万k]", match.group("b")) is not None
        small = high < 10 or low == 0
        # Nothing else that shoppers give as a bare range, sizes and ages, goes so high.
        amounts = amounts or (low >= _LEAST_BARE and high >= _HIGH_BARE)
        if not money and (years or small or not (expected or amounts or _is_bounded(match))):
            return None
        return Price(low, high, *span)
    if kind == "bare":  # 两千五的笔记本: no size and no count goes so high
        return Price(None, first, *span) if first >= _LEAST_ALONE else None
    if kind == "plain":
        before = _just_before(folded, span[0])
        if not expected and _WEIGHING.search(match.group()):
            return None
        made = _MADE.search(before) and not _SIZED.search(before)
        if money and not _ASKED.search(folded):
            return Price(None, first, *span, certain=False)
        if made and expected and first >= 5:
            return Price(None, first, *span)
        return None
    # "Women over 50" tells an age.
    aged = kind == "min" and first < 100 and _PERSON_BEFORE.search(_just_before(folded, span[0]))
    if not money and (first < 3 or aged or (kind == "min" and 1900 <= first <= 2100)):
        return None
    if kind == "spent" and first < _LEAST_BARE:
        return None
    if kind == "odd":
        if first < _LEAST_BARE or (not money and first < _HIGH_BARE):
            return None
        return Price(first, first + 10 ** (len(str(int(first))) - 1), *span)
    if kind == "around":
        if not money and first < 5:
            return None
        return Price(round(first * (1 - AROUND), 2), round(first * (1 + AROUND), 2), *span)
    return Price(None, first, *span) if kind in ("max", "spent") else Price(first, None, *span)


def _is_measure(folded: str, match: re.Match[str], money: bool) -> bool:
    if money:
        return False
    last = "b" if "b" in match.re.groupindex else "a"
    before = _just_before(folded, match.start())
    nearer = _just_before(folded, match.start("a"))
    return bool(
        _UNIT.match(folded, match.end(last)) or _UNIT.match(folded, match.end())
        or _NOT_BEFORE.search(before) or _NOT_BEFORE.search(nearer)
        or _PERSON_BEFORE.search(nearer)
    )  # fmt: skip


def _is_bounded(match: re.Match[str]) -> bool:
    begins = re.match(either("between"), match.group())
    return bool(begins or re.search(rf"{either('range_end')}$", match.group()))


def _neighbours(match: re.Match[str]) -> Price | None:
    """两三百, 七八十: two rising digits that share their unit."""
    low, high = (parse(match.group(g) + match.group("unit")) or 0.0 for g in ("a", "b"))
    return Price(low, high, *match.span()) if low < high else None


def _scale_of(words: str) -> float:
    for unit, value in (("万", 10_000), ("w", 10_000), ("千", 1000), ("k", 1000), ("百", 100)):
        if unit in words:
            return value
    return 1
