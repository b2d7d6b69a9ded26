"""Prices: bounds, ranges, budgets and approximations in both languages."""

import re
from typing import NamedTuple

from assistant.understanding.numbers import NUMBER, parse

_LEAST_BARE, _HIGH_BARE = 10, 50
AROUND = 0.2
"""How far "around 60" reaches to either side."""

_BEFORE = r"(?:us\$|[$¥€£]|usd|rmb|cny|eur|gbp|人民币)"
_AFTER = (
    r"(?:dollars?|bucks?|usd|quid|pounds?(?!\s*(?:bag|weight|of))|euros?|eur|rmb|cny|yuan|"
    r"美元|美金|人民币|块钱|块|元|刀|圆|[$¥€£])"
)
_MONEY = rf"(?:{_BEFORE}\s*)?{{}}(?:\s?{_AFTER})?"
_N1, _N2 = _MONEY.format(rf"(?P<a>{NUMBER})"), _MONEY.format(rf"(?P<b>{NUMBER})")
_TO = r"\s*(?:-|~|to|and|到|至|—)\s*"
_FROM = r"(?:\b(?:between|from)\s+|在|从)?"
_NOUN = r"(?:budget|price(?: range| cap| limit)?|spend|预算|价格|价位|价钱)"
_IS = (
    r"(?:\s*(?:is|of|about|to|at|:|=|大概|大约|是|在|为|控制在|就|only|around|up to|under)){0,3}\s*"
)

_MAX_BEFORE = (
    r"(?:under|below|less than|lower than|up to|at most|max(?:imum)?(?: of)?|no more than|"
    r"not more than|not over|nothing over|within|cheaper than|beneath|not exceeding|"
    r"doesn't exceed|no higher than|<=?|tops|≤|不超过|不要超过|别超过|"
    r"不高于|低于|少于|小于|最多|最高|顶多|至多|不到|不大于|控制在|上限)"
)
_MAX_AFTER = (
    r"(?:or less|or under|or below|or cheaper|max(?:imum)?|tops|at most|and under|and below|"
    r"以内|以下|之内|内|封顶|或更少|之下)"
)
_MIN_BEFORE = (
    r"(?:over|above|more than|at least|min(?:imum)?(?: of)?|from|starting (?:at|from)|"
    r"no less than|not less than|not under|nothing under|upwards of|higher than|>=?|≥|"
    r"超过|高于|大于|多于|至少|最低|最少|不低于|不少于|起码)"
)
_MIN_AFTER = (
    r"(?:\+|and up|and above|or more|or above|and over|or higher|plus|以上|起|往上|之上|朝上)"
)
_AROUND_BEFORE = (
    r"(?:around|about|roughly|approx(?:imately)?|~|circa|somewhere around|大概|大约|差不多|约)"
)
_AROUND_AFTER = r"(?:左右|上下|ish\b|or so|or thereabouts|前后|附近)"

# A number that is followed by one of these, or preceded by one of those, is no price.
_UNIT = re.compile(
    r"\s?-?(?:(?:stars?|years?|yrs?|yo|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|inch(?:es)?|"
    r"in(?=\s*(?:x|by|wide|long|tall|$|,))|ft|feet|foot|cm|mm|m|km|kg|g|grams?|lbs?|oz|ounces?|"
    r"fl|ml|l|lit(?:er|re)s?|gb|tb|mb|mah|w|watts?|v|volts?|hz|mp|k(?=\s*(?:tv|screen|res))|"
    r"packs?|packets?|"
    r"pcs|pieces?|pairs?|count|ct|people|persons?|seats?|seater|tier|drawers?|shelves|sets?|%|"
    r"percent|degrees?|x\s?\d|by\s?\d|items?|products?|options?|ones?|of them|th\b|st\b|nd\b|rd\b|"
    r"button|piece|speed|ply|layer|light|port|cups?|quarts?|qt|gallons?|watt|season)(?![a-z])"
    r"|[\"”″']|岁|个|件|双|条|款|斤|公斤|克|千克|毫升|升|厘米|米|毫米|寸|英寸|码|号|星|分(?!钟?钱)|人|天|日|小时|分钟|年|月|"
    r"周|层|只|台|瓶|盒|包|套|把|张|本|片|支|色|英尺|瓦|伏|毫安|点|次|代|世|样|种|位|期)"
)
_NOT_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:sizes?|no\.?|number|model|iphone|galaxy|series|pack of|set of|"
    r"age|aged|ages|order|version|x)|第|#|尺码|码数|订单|单号|款|×|-|\.)\s*$"
)
_PERSON_BEFORE = re.compile(r"(?<![a-z])(?:women|men|person|people)(?:'?s)?\s*$")
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


_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("range", _rule(rf"{_FROM}(?:{_NOUN}{_IS})?{_N1}{_TO}{_N2}(?:\s*(?:之间|range))?")),
    ("max", _rule(rf"(?:{_NOUN}{_IS})?{_MAX_BEFORE}\s*{_N1}")),
    ("min", _rule(rf"(?:{_NOUN}{_IS})?(?<![a-z]){_MIN_BEFORE}\s*{_N1}(?!\s*stars?)")),
    ("max", _rule(rf"(?:{_NOUN}{_IS})?{_N1}的?\s*{_MAX_AFTER}(?![a-z])")),
    ("around", _rule(rf"(?:{_NOUN}{_IS})?{_N1}\s*(?:的)?{_AROUND_AFTER}")),
    ("min", _rule(rf"{_N1}\s*{_MIN_AFTER}(?![a-z])")),
    ("max", _rule(rf"{_NOUN}{_IS}{_N1}")),
    ("max", _rule(rf"{_N1}\s*(?:的)?(?:budget|预算)")),
    ("around", _rule(rf"(?<![a-z]){_AROUND_BEFORE}\s*{_N1}")),
    ("plain", _rule(_N1)),
)  # fmt: skip
_CURRENCY = re.compile(rf"{_BEFORE}|(?<=[\d\s百千万十一二两三四五六七八九]){_AFTER}(?![a-z])")
_MADE = re.compile(
    r"(?:make (?:it|that)|change (?:it|that)(?: to)?|raise (?:it|that)(?: to)?|let's say|call it|"
    r"rather|"
    r"还是|那就|就|改成|改为|提高到|降到|调到|加到|换成|"
    r"go up to|go to|can do|can spend|have|got|spend(?:ing)?)"
    r"\s*(?:up to\s*)?$"
)


def find_prices(folded: str, *, price_expected: bool) -> list[Price]:
    """The prices in a folded text, none overlapping.

    ``price_expected``: whether a price is being talked about already, so that a bare "make it 80"
    is one. A bare number otherwise is not.
    """
    if not any(
        c.isdigit() or c in "一二两三四五六七八九十百千万" for c in folded
    ) and not re.search(
        r"hundred|thousand|\b(?:ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|grand)\b",
        folded,
    ):
        return []
    found = [p for match in _NEIGHBOURS.finditer(folded) if (p := _neighbours(match))]
    for kind, pattern in _RULES:
        for match in pattern.finditer(folded):
            if any(match.start() < p.end and p.start < match.end() for p in found):
                continue
            price = _read(kind, match, folded, price_expected)
            if price:
                found.append(price)
    return sorted(found, key=lambda price: price.start)


def _read(  # noqa: PLR0911 (one way out for each kind of number that is no price)
    kind: str, match: re.Match[str], folded: str, expected: bool
) -> Price | None:
    span = match.span()
    money = bool(_CURRENCY.search(match.group())) or bool(re.search(_NOUN, match.group()))
    first = parse(match.group("a"))
    vague = folded[max(0, match.start("a") - 1) : match.start("a")] in ("几", "数", "多")
    if first is None or vague or _is_measure(folded, match, money):
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
    if kind == "plain":
        made = bool(_MADE.search(folded[: span[0]]))
        if money and not re.search(r"(?:how much|is it|多少)", folded):
            return Price(None, first, *span, certain=False)
        if made and expected and first >= 5:
            return Price(None, first, *span)
        return None
    # "Women over 50" tells an age.
    aged = kind == "min" and first < 100 and _PERSON_BEFORE.search(folded[: span[0]])
    if not money and (first < 3 or aged or (kind == "min" and 1900 <= first <= 2100)):
        return None
    if kind == "around":
        if not money and first < 5:
            return None
        return Price(round(first * (1 - AROUND), 2), round(first * (1 + AROUND), 2), *span)
    return Price(None, first, *span) if kind == "max" else Price(first, None, *span)


def _is_measure(folded: str, match: re.Match[str], money: bool) -> bool:
    if money:
        return False
    last = "b" if "b" in match.re.groupindex else "a"
    after, before = folded[match.end(last) :], folded[: match.start()]
    follows = folded[match.end() :]
    return bool(
        _UNIT.match(after) or _UNIT.match(follows) or _NOT_BEFORE.search(before)
        or _NOT_BEFORE.search(folded[: match.start("a")])
        or _PERSON_BEFORE.search(folded[: match.start("a")])
    )  # fmt: skip


def _is_bounded(match: re.Match[str]) -> bool:
    return bool(re.match(r"between|from|在|从", match.group())) or match.group().endswith(
        ("之间", "range")
    )


def _neighbours(match: re.Match[str]) -> Price | None:
    """两三百, 七八十: two rising digits that share their unit."""
    low, high = (parse(match.group(g) + match.group("unit")) or 0.0 for g in ("a", "b"))
    return Price(low, high, *match.span()) if low < high else None


def _scale_of(words: str) -> float:
    for unit, value in (("万", 10_000), ("w", 10_000), ("千", 1000), ("k", 1000), ("百", 100)):
        if unit in words:
            return value
    return 1
