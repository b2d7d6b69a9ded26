"""Measures: numbers with a unit, compared across the ways to write them (1 kg = 1000 g = 2斤)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from retrieval.language import fold

_VALUE = re.compile(
    r"(?P<before>[^\W\d_][^\d]*?)?\s*(?P<low>\d[\d.,]*)"
    r"(?:\s*[-~–至到]\s*(?P<high>\d[\d.,]*))?(?P<across>(?:\s*[x×*]\s*\d[\d.,]*)+)?(?P<open>\s*\+)?\s*-?(?P<after>[^\d]*)$"
)
_NICE_DIGITS = 4
"""A value is also known in another unit where that takes no more digits: 250 g is 0.25 kg."""


class Unit(NamedTuple):
    """``factor``: how much one unit is of the dimension's first unit."""

    dimension: str
    factor: float


class Measure(NamedTuple):
    """A catalogue's value in its dimension's first unit; ``high`` is infinite for "12+ years"."""

    dimension: str
    low: float
    high: float
    factor: float


@lru_cache(maxsize=1)
def units() -> dict[str, tuple[Unit, ...]]:
    """Every way to write a unit, folded, with what it may mean: "g" is a gram or a gigabyte."""
    found: dict[str, tuple[Unit, ...]] = {}
    for dimension, sizes in _table().items():
        for factor, forms in sizes.items():
            for form in forms:
                found[form] = (*found.get(form, ()), Unit(dimension, float(factor)))
    return found


@lru_cache(maxsize=20_000)
def measures_of(value: str) -> tuple[Measure, ...]:
    """What a catalogue's value measures; empty for one that is no number with a unit.

    Of "160 x 200 cm" the first counts. A unit that the table lacks ("54 %", "SPF 50") is a
    dimension of its own.
    """
    match = _VALUE.match(fold(value).strip())
    if not match:
        return ()
    low, high = _number(match.group("low")), _number(match.group("high") or match.group("low"))
    before, after = (match.group("before") or "").strip(), match.group("after").strip()
    unit = after or before
    if low is None or high is None or not unit or (before and after):
        return ()
    top = float("inf") if match.group("open") else high
    return tuple(
        Measure(u.dimension, low * u.factor, top * u.factor, u.factor)
        for u in (units().get(after) or (Unit(unit, 1.0),))
    )


def spellings(value: str) -> Iterator[str]:
    """A measure in the other ways to write it ("512 GB" → "512 gigs", "1 kg" → "1000 g" ...)."""
    match = _VALUE.match(fold(value).strip())
    if not match or any(match.group(g) for g in ("before", "high", "open")):
        return
    if match.group("across"):
        across = re.findall(r"[\d.]+", match.group("low") + match.group("across"))
        yield from (sign.join(across) for sign in (" x ", " * ", " by ", "乘"))
        return
    number = _number(match.group("low"))
    for unit in units().get(match.group("after").strip(), ()):
        for factor, forms in _table()[unit.dimension].items() if number is not None else ():
            if factor == unit.factor:
                written = match.group("low")
            else:
                assert number is not None
                written = f"{number * unit.factor / factor:.9g}"
                if len(written.replace(".", "").strip("0")) > _NICE_DIGITS or "e" in written:
                    continue
            yield from (f"{written} {form}" for form in forms)


def _number(words: str) -> float | None:
    try:
        return float(words.replace(",", "").rstrip("."))
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[float, list[str]]]:
    text = files(__package__).joinpath("data/units.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[float, list[str]]] = yaml.safe_load(text)
    return table
