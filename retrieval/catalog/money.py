"""Prices as feeds write them: "1.299,00 €", "$12.99", "12.99 USD", "￥199", "1.2万元"."""

import math
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from retrieval.catalog.words import words
from retrieval.errors import RowRejectedError

HIGHEST = 10_000_000
"""No shop's price; more is taken for a mistake."""

_NUMBER = re.compile(r"\d+(?:[.,' ]\d+)*|[.,]\d+")
_ACCOUNTING = re.compile(r"^\(.*\)$")


class Money(NamedTuple):
    """An amount, and its currency where the text names one."""

    amount: float
    currency: str | None


def parse_price(value: object, field: str = "price", currency: str | None = None) -> Money:
    """Read a price. ``currency`` decides what an ambiguous sign ("$", "¥") or "1.299" means.

    Raises ``RowRejectedError`` for anything that is not one finite amount from 0 to ``HIGHEST``.
    """
    if isinstance(value, bool) or value is None:
        raise RowRejectedError(field, "is not a price", value)
    if isinstance(value, int | float):
        return Money(_in_range(float(value), field, value), None)
    text = (
        unicodedata.normalize("NFKC", str(value)).replace("\u2212", "-").replace("’", "'").strip()
    )
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        raise RowRejectedError(field, "is not a price", value)
    if len(numbers) > 1:
        raise RowRejectedError(field, "holds more than one amount", value)
    number = numbers[0]
    before, after = text[: number.start()], text[number.end() :]
    named, factor = _beside(f"{before} ", f" {after}", field, value, currency)
    amount = _amount(number.group(), named or currency) * factor
    if _ACCOUNTING.match(text) or "-" in before:
        amount = -amount
    return Money(_in_range(amount, field, value), named)


def known_currency(code: object, field: str = "currency") -> str:
    """An ISO 4217 code in capitals, from a code or a sign. Raises ``RowRejectedError``."""
    text = unicodedata.normalize("NFKC", str(code)).strip()
    if text.upper() in words().currency_codes:
        return text.upper()
    meant = words().currency_signs.get(text.casefold())
    if not meant:
        raise RowRejectedError(field, "is not a known currency", code)
    return meant[0]


def _beside(
    before: str, after: str, field: str, value: object, default: str | None
) -> tuple[str | None, int]:
    """The currency and the multiplier that the words beside a number name."""
    named: str | None = None
    factor = 1
    pieces = [*_pieces(before), *_pieces(after)]
    for piece in pieces:
        if piece in words().multipliers:
            factor = words().multipliers[piece]
        elif piece.upper() in words().currency_codes:
            named = piece.upper()
        elif piece in words().currency_signs:
            meant = words().currency_signs[piece]
            named = named or (default if default in meant else meant[0])
        elif piece not in words().price_fillers:
            raise RowRejectedError(field, f"has the word {piece!r} beside the amount", value)
    return named, factor


def _pieces(text: str) -> list[str]:
    """Words and signs, case-folded; "us$" stays together, and "万元" comes apart."""
    return _piece_pattern().findall(text.casefold())


@lru_cache(maxsize=1)
def _piece_pattern() -> re.Pattern[str]:
    known = words()
    pieces = {*known.currency_signs, *known.multipliers, *known.price_fillers}
    pieces |= {code.casefold() for code in known.currency_codes}
    longest_first = sorted(pieces, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) + r"|[^\W\d_]+|[^\s\d.,()\-+:/'_]")


def _amount(digits: str, currency: str | None) -> float:
    """The number that ``digits`` means, whichever of . and , is its decimal mark."""
    digits = digits.replace(" ", "").replace("'", "")
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return float(digits)
    mark = digits[last]
    both = "." in digits and "," in digits
    decimals = len(digits) - last - 1
    if digits.count(mark) > 1:
        is_decimal = False
    elif both or decimals != 3 or digits[:last] in ("", "0"):
        is_decimal = True
    else:
        is_decimal = mark == "." and currency not in words().decimal_comma
    if not is_decimal:
        return float(re.sub(r"[.,]", "", digits))
    whole = re.sub(r"[.,]", "", digits[:last])
    return float(f"{whole or 0}.{digits[last + 1 :]}")


def _in_range(amount: float, field: str, value: object) -> float:
    if not math.isfinite(amount):
        raise RowRejectedError(field, "is not a finite number", value)
    if amount < 0:
        raise RowRejectedError(field, "is negative", value)
    if amount > HIGHEST:
        raise RowRejectedError(field, f"is over {HIGHEST:,}", value)
    return amount
