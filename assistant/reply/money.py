"""Amounts of money in words."""

from functools import cache
from importlib.resources import files

import yaml


@cache
def _formats() -> dict[str, str]:
    source = files("assistant.reply").joinpath("data", "money.yaml")
    formats: dict[str, str] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return formats


def money(amount: float, currency: str) -> str:
    """``$1,299``, ``$49.99``, ``12.50 SEK``: decimals only where there are any."""
    rounded = round(amount, 2)
    digits = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.2f}"
    return _formats().get(currency, "{amount} " + currency).format(amount=digits)
