"""Fields of a product read from a row: needed ones or an error, optional ones or a warning."""

from collections.abc import Callable
from typing import Any, TypeVar

from retrieval.catalog import cells
from retrieval.catalog.mapping import FieldRule
from retrieval.catalog.money import HIGHEST, Money, parse_price
from retrieval.catalog.row import Row
from retrieval.errors import RowRejectedError

Result = TypeVar("Result")
Warn = Callable[[str], None]
"""Told what was mended or left out, in words without the value, so that alike warnings count up."""


class FieldReader:
    """Reads single fields by their rules."""

    def __init__(self, warn: Warn) -> None:
        self.warn = warn

    def text(self, row: Row, rule: FieldRule, field: str, length: int) -> str | None:
        """A text, cut to ``length`` characters; ``None`` where there is none."""
        value = row.read(rule)
        if isinstance(value, list):
            value = next((item for item in value if not cells.is_empty(item)), None)
        text = "" if value is None else cells.as_text(value)
        if len(text) > length:
            self.warn(f"{field}: cut to its first {length:,} characters")
            text = text[:length].rstrip()
        return text or None

    def needed(self, row: Row, rule: FieldRule, field: str, length: int) -> str:
        """A text that must be there."""
        text = self.text(row, rule, field, length)
        if text is None:
            raise RowRejectedError(field, "is missing or empty")
        return text

    def identifier(self, row: Row, rule: FieldRule, field: str) -> str | None:
        """A text that is not cut, since that would make two things one."""
        value = row.read(rule)
        text = "" if value is None else cells.as_text(value)
        if len(text) > 200:
            raise RowRejectedError(field, "is over 200 characters long", value)
        return text or None

    def price(self, value: Any, rule: FieldRule, field: str, currency: str) -> Money:
        """A price that must be there."""
        if value is None:
            raise RowRejectedError(field, "is missing")
        money = parse_price(value, field, currency)
        amount = round(money.amount * rule.scale, 4)
        if amount == 0:
            self.warn(f"{field}: is zero")
        return Money(amount, money.currency)

    def optional(
        self, row: Row, rule: FieldRule, field: str, read: Callable[[Any, str], Result]
    ) -> Result | None:
        """A field whose bad value is left out with a warning."""
        value = row.read(rule)
        if value is None:
            return None
        try:
            return read(value, field)
        except RowRejectedError as error:
            self.warn(f"{field}: left out, since it {error.reason}")
            return None


def first_url(value: Any, field: str) -> str:
    """The URL in a cell, or the first one of a list."""
    if isinstance(value, list) or (isinstance(value, str) and value.lstrip().startswith("[")):
        urls = cells.as_list(value)
    else:
        text = cells.as_text(value)
        parted = ("," in text or "|" in text or ";" in text) and text.count("://") > 1
        urls = cells.as_list(text.replace(" ", ",")) if parted else [text]
    if not urls:
        raise RowRejectedError(field, "is empty", value)
    return cells.as_url(urls[0], field)


def rating(value: Any, field: str) -> float:
    """Stars from 0 to 5."""
    number = cells.as_number(value, field)
    if not 0 <= number <= 5:
        raise RowRejectedError(field, "is not between 0 and 5", value)
    return number


def fraction(value: Any, field: str) -> float:
    """A share from 0 to 1, or written as "35%"."""
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.endswith("%"):
        number = cells.as_number(text[:-1], field) / 100
    else:
        number = cells.as_number(text, field)
    if not 0 <= number <= 1:
        raise RowRejectedError(field, "is not between 0 and 1", value)
    return number


def stock(value: Any, field: str) -> int:
    """Pieces at hand; shops that sell beyond their stock count below zero, which is none left."""
    if isinstance(value, str):
        value = value.strip().rstrip("+")
    number = cells.as_number(value, field)
    return 0 if number < 0 else min(int(number), HIGHEST)
