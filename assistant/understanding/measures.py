"""Measures that bound: "bigger than 30 litres", "3公斤以内", "at least 16 GB", "for 5 players".

A bound becomes alternatives: every value of the catalogue that satisfies it, of the one attribute
that can be meant. Nothing here is a list of attributes or values; both are the catalogue's own.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from math import inf, log
from typing import NamedTuple

from assistant.understanding.bounds import alternatives, bound_words, either
from assistant.understanding.cues import read_data
from assistant.understanding.message import Message
from assistant.understanding.message import Unit as Words
from assistant.understanding.numbers import COUNT, parse
from assistant.understanding.prices import AROUND, price_words
from assistant.understanding.values import RARE, WORN
from assistant.understanding.vocabulary import CatalogVocabulary, Measured
from retrieval.lexicon.units import Unit, units

_SAME = 1e-6
"""Relative difference below which two measures are one: 12 inch and 30.48 cm."""
_NO_WORD = r"(?![\u4e00-\u9fff])|(?=[的以及])"
"""After a Chinese quality: 5厘米高, but not the beginning of 高跟鞋."""
_BESIDE = 3
"""Words between a measure and the attribute named for it."""
_NEAR = 12
"""Characters before a measure in which a word of its quality can stand."""
_ALIKE = 8.0
"""How many times the nearest value an exact measure may be."""
_READ_ELSEWHERE = ("age",)
"""Dimensions that the reader of persons reads."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A measure that was said. Ends are open (``None``) or, where ``strict``, left out."""

    start: int
    end: int
    low: float | None
    high: float | None
    meanings: tuple[Unit, ...]
    strict: bool = False
    hints: tuple[str, ...] = ()
    """Attributes that the words speak of: weight, of "lighter"."""
    exact: bool = False
    """A measure without a word that makes it a bound: "for 5 players"."""
    noun: tuple[int, int] = (0, 0)
    """Words within that say something else: "a bigger suitcase than 60 litres"."""

    def use(self, message: Message) -> None:
        for index in message.tokens_at(self.start, self.end):
            if not self.noun[0] <= message.tokens[index].start < self.noun[1]:
                message.use(index, index + 1)

    def takes(self, measured: Measured, unit: Unit) -> bool:
        """Whether a catalogue's value satisfies it, read in ``unit``."""
        low = None if self.low is None else self.low * unit.factor
        high = None if self.high is None else self.high * unit.factor
        slack = _SAME * max(abs(low or 0.0), abs(high or 0.0))
        if self.strict:
            slack = -slack
        above = low is None or measured.high >= low - slack
        return above and (high is None or measured.low <= high + slack)

    def distance(self, measured: Measured, unit: Unit) -> float:
        """How many times a value would have to be taken to come to the bound, as a logarithm."""
        ends = [end * unit.factor for end in (self.low, self.high) if end]
        sizes = [size for size in (measured.low, measured.high) if size > 0]
        return min((abs(log(e / s)) for e in ends for s in sizes if e > 0), default=inf)


class _Comparison(NamedTuple):
    words: str
    attributes: tuple[str, ...]
    is_more: bool


def find_bounds(folded: str, vocabulary: CatalogVocabulary) -> list[Bound]:
    """The measures in a folded text, in units that the catalogue uses; none overlapping."""
    if not any(c.isdigit() or c in "一二两三四五六七八九十百千万半" for c in folded) and (
        not re.search(rf"\b{COUNT}\b", folded)
    ):
        return []
    found: list[Bound] = []
    if not any(pattern.search(folded) for _, pattern in _plain(vocabulary.unit_words)):
        return [*_without_unit(folded, found, vocabulary)]
    for kind, pattern in _patterns(vocabulary.unit_words):
        for match in pattern.finditer(folded):
            if any(match.start() < b.end and b.start < match.end() for b in found):
                continue
            if bound := _read(kind, match, vocabulary):
                found.append(bound)
    found += _without_unit(folded, found, vocabulary)
    return sorted(found, key=lambda bound: bound.start)


def _without_unit(
    folded: str, found: Sequence[Bound], vocabulary: CatalogVocabulary
) -> Iterator[Bound]:
    """Numbers beside a word that tells what they measure, in the units of the catalogue: 宽120."""
    for pattern, attributes in _unitless():
        written = tuple({u: 0 for name in attributes for u in vocabulary.units_of(name)})
        for match in pattern.finditer(folded) if written else ():
            number = parse(match.group("n") or match.group("m"))
            start, end = match.span()
            if number is None or any(start < b.end and b.start < end for b in found):
                continue
            yield Bound(start, end, number, number, written, hints=attributes, exact=True)


def note_bounds(
    message: Message,
    bounds: Sequence[Bound],
    vocabulary: CatalogVocabulary,
    category_at: Callable[[int], str | None],
) -> None:
    """Turns measures into alternatives.

    One that nothing in the catalogue can satisfy is noted as it was said, so that the search can
    tell what it let go of, where only one attribute can be meant; elsewhere it is unknown. An exact
    measure is noted only where nothing else has read its words.
    """
    for bound in bounds:
        tokens = message.tokens_at(bound.start, bound.end)
        if bound.exact and any(message.used[i] for i in tokens):
            continue
        named = _named_beside(message, tokens)
        values = _satisfying(bound, named, vocabulary, category_at(tokens[0]))
        if values:
            name, found = values
            slot = f"attributes.{name}"
            for index, value in enumerate(found):
                message.change_span("add" if index else "set", slot, value, bound.start, bound.end)
            bound.use(message)
            message.use_all(u for u in message.units if name in _slots(u))
        elif not bound.exact or not _is_of_a_person(vocabulary, category_at(tokens[0])):
            words = message.text[bound.start : bound.end].strip()
            if meant := _meant(bound, named, vocabulary, category_at(tokens[0])):
                message.change_span("set", f"attributes.{meant}", words, bound.start, bound.end)
                bound.use(message)
            elif not bound.exact:
                message.unknown.append(words)


def _named_beside(message: Message, tokens: Sequence[int]) -> set[str]:
    """The attributes named near a measure, in its own part of the sentence."""
    named: set[str] = set()
    for beside in (
        reversed([u for u in message.units if u.last <= tokens[0]]),
        iter([u for u in message.units if u.first > tokens[-1]]),
    ):
        for unit in islice(takewhile(lambda u: not u.role("comma"), beside), _BESIDE):
            named |= _slots(unit)
    return named


def _satisfying(
    bound: Bound, named: set[str], vocabulary: CatalogVocabulary, category: str | None
) -> tuple[str, list[str]] | None:
    """The attribute meant, and those of its values that satisfy the bound."""
    options = []
    for unit in bound.meanings:
        attributes = vocabulary.measures.get(unit.dimension, {})
        for name, values in attributes.items():
            share = vocabulary.applies(name, category)
            told = name in named or name in bound.hints or name == unit.dimension
            pure = len(values) / len(vocabulary.facets.attributes[name])
            if share < RARE and not (category is None and (told or len(attributes) == 1)):
                continue
            if category is None and not told and len(attributes) > 1:
                continue
            found = [m.value for m in sorted(values, key=lambda m: m.span) if bound.takes(m, unit)]
            tells = 0 < len(found) < len(values)
            written = any(m.factor == unit.factor for m in values)
            if found:
                fits = (
                    name in bound.hints,
                    name in named,
                    tells,
                    written,
                    share > RARE,
                    pure,
                    share,
                )
                options.append((fits, name, found))
    if not options:
        return None
    _, name, found = max(options, key=lambda option: option[0])
    return name, found


def _meant(
    bound: Bound, named: set[str], vocabulary: CatalogVocabulary, category: str | None
) -> str | None:
    """The attribute of a category that a measure is of, whatever its values: one named beside it,
    else the one whose values come nearest.

    An exact measure may be of something else altogether: it has to come near, and most products
    have to have the attribute.
    """
    if category is None:
        return None
    least, furthest = (WORN, log(_ALIKE)) if bound.exact else (RARE, inf)
    far: dict[tuple[bool, str], float] = {}
    for unit in bound.meanings:
        for name, values in vocabulary.measures.get(unit.dimension, {}).items():
            distance = min(bound.distance(m, unit) for m in values)
            if vocabulary.applies(name, category) >= least and distance <= furthest:
                told = name in bound.hints or name in named or name == unit.dimension
                far[not told, name] = distance
    return min(far, key=lambda key: (key[0], far[key], key[1]))[1] if far else None


def _is_of_a_person(vocabulary: CatalogVocabulary, category: str | None) -> bool:
    """Whether a bare measure may be the shopper's own: 170 cm, of what is worn."""
    return category is None or vocabulary.applies("size", category) >= WORN


def _slots(unit: Words) -> set[str]:
    """The attributes that the words name."""
    return {sense.values[0] for sense in unit.senses() if sense.name == "slot"}


def _read(kind: str, match: re.Match[str], vocabulary: CatalogVocabulary) -> Bound | None:
    groups = match.groupdict()
    unit = re.sub(r"\s+", " ", groups.get("u") or groups.get("p") or "")
    if kind == "named":
        return None
    number = parse(match.group("n"))
    if number is not None and groups.get("tenths"):
        number += (parse(groups["tenths"] or "") or 0.0) / 10
    meanings = tuple(
        meaning
        for meaning in units().get(unit, (Unit(unit, 1.0),))
        if meaning.dimension in vocabulary.measures and meaning.dimension not in _READ_ELSEWHERE
    )
    if number is None or not meanings:
        return None
    if meanings[0].dimension == "time" and _is_delivery(groups):
        return None
    low: float | None = number
    high: float | None = number
    strict, hints = kind in ("more", "less"), tuple[str, ...]()
    if kind == "range":
        second = parse(match.group("m"))
        if second is None or second < number:
            return None
        high = second
    elif kind == "around":
        low, high = number * (1 - AROUND), number * (1 + AROUND)
    elif kind == "compare":
        comparison = next(
            c for c in _comparisons() if re.fullmatch(c.words, match.group("c").strip())
        )
        hints = comparison.attributes
        strict = not groups.get("not")
        if comparison.is_more == strict:
            high = None
        else:
            low = None
    elif kind in ("at_least", "plus", "more"):
        high = None
    elif kind in ("at_most", "less"):
        low = None
    measured = {name for m in meanings for name in vocabulary.measures[m.dimension]}
    start, end, spoken_of = _quality(match, measured)
    hints = (*hints, *spoken_of)
    noun = match.span("noun") if groups.get("noun") else (0, 0)
    return Bound(start, end, low, high, meanings, strict, hints, kind == "exact", noun)


def _quality(match: re.Match[str], measured: set[str]) -> tuple[int, int, tuple[str, ...]]:
    """The span with a word beside it that tells which of the attributes ``measured`` in such a unit
    is meant, and the attributes it may be."""
    start, end = match.span()
    for words, attributes in _qualities():
        if measured.isdisjoint(attributes):
            continue
        if after := re.compile(rf"的?\s*{words}(?:{_NO_WORD})").match(match.string, end):
            return start, after.end(), attributes
        if before := re.search(
            rf"{words}(?:\s*(?:of|is|:|为|是|要|在))?\s*$",
            match.string[max(0, start - _NEAR) : start],
        ):
            return max(0, start - _NEAR) + before.start(), end, attributes
    return start, end, ()


@lru_cache(maxsize=1)
def _qualities() -> tuple[tuple[str, tuple[str, ...]], ...]:
    entries = read_data("bounds.yaml")["qualities"].values()
    return tuple((alternatives(e["words"]), tuple(e["attributes"])) for e in entries)


@lru_cache(maxsize=1)
def _unitless() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Qualities right before or after a number that nothing else follows."""
    is_, ends = r"\s*(?:of|is|:|为|是|要|在)?\s*", r"(?![\w.%\"'”])"
    return tuple(
        (
            re.compile(rf"{words}{is_}(?P<n>{COUNT}){ends}|(?P<m>{COUNT})\s?{words}(?:{_NO_WORD})"),
            names,
        )
        for words, names in _qualities()
    )


def _is_delivery(groups: dict[str, str | None]) -> bool:
    """Whether a time is rather one to wait: "within 2 days", "三天内"."""
    return (groups.get("b") or groups.get("a") or "").strip() in _waiting()


@lru_cache(maxsize=1)
def _waiting() -> frozenset[str]:
    return frozenset(word for words in read_data("bounds.yaml")["waiting"] for word in words)


@lru_cache(maxsize=1)
def _comparisons() -> tuple[_Comparison, ...]:
    """Comparing words with and without their "than"."""
    data = read_data("bounds.yaml")
    return tuple(
        _Comparison(
            alternatives({*entry["words"], *(w.removesuffix(" than") for w in entry["words"])}),
            tuple(entry["attributes"]),
            heading == "more_than",
        )
        for heading in ("more_than", "less_than")
        for entry in data[heading].values()
    )


@lru_cache(maxsize=16)
def _patterns(words: frozenset[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Patterns over the unit words of one catalogue."""
    bounds = bound_words()
    sayable = sorted(words - price_words())
    unit = rf"\s?-?(?P<u>{_units(sayable)})(?P<tenths>{_TENTHS})?"
    one = rf"(?P<n>{COUNT})"
    measure = rf"{one}{unit}"
    compare = rf"(?P<c>{'|'.join(c.words for c in _comparisons())})"
    than, no = bounds["compared"], rf"(?:(?P<not>{bounds['not']})\s*)?"
    own = sorted(w for w in sayable if w not in units() and w.isalpha())
    named = rf"(?P<p>{alternatives(own)})\s?{one}" if own else None

    def patterns() -> Iterator[tuple[str, str]]:
        yield (
            "range",
            (
                rf"(?:{bounds['between']}\s*)?{one}(?:\s?-?{_units(sayable)})?\s*{bounds['range_joiner']}"
                rf"\s*(?P<m>{COUNT}){unit}(?:\s*{bounds['range_end']})?"
            ),
        )
        # "No heels higher than 7 cm": the noun is looked for.
        yield (
            "compare",
            (
                rf"(?P<not>{bounds['not']})\s+(?P<noun>(?:[a-z'-]+\s+){{1,2}}){compare}"
                rf"\s+(?:{than}\s+)?{measure}"
            ),
        )
        yield "compare", rf"{no}{compare}\s+(?:{than}\s+)?{measure}"
        yield "compare", rf"{no}{compare}\s+(?P<noun>(?:[a-z'-]+\s+){{1,3}}){than}\s+{measure}"
        yield "compare", rf"{no}{than}\s*{measure}的?\s*更?{compare}"
        yield "plus", rf"{one}\s?{bounds['at_least_after']}{unit}"
        for each in [measure, named] if named else [measure]:
            for kind, before in _BEFORE:
                yield kind, rf"(?P<b>{either(before)})\s*(?:(?:a|an|is|为|是|在)\s*)?{each}"
            for kind, after in _AFTER:
                yield kind, rf"{each}的?\s*(?P<a>{either(after)})"
        if named:
            yield "named", named
        yield "exact", measure

    return tuple((kind, re.compile(pattern)) for kind, pattern in patterns())


@lru_cache(maxsize=16)
def _plain(words: frozenset[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The patterns of which one must match for there to be a measure at all."""
    return tuple(p for p in _patterns(words) if p[0] in ("exact", "plus", "named"))


_TENTHS = r"(?<=米)[一二三四五六七八九\d](?!\d)"
"""一米八 is 1.8 m."""
_BEFORE = (
    ("at_most", "at_most_before"), ("less", "less_before"), ("at_least", "at_least_before"),
    ("more", "more_before"), ("around", "around_before"),
)  # fmt: skip
_AFTER = (("at_most", "at_most_after"), ("at_least", "at_least_after"), ("around", "around_after"))


def _units(words: Sequence[str]) -> str:
    """A pattern for unit words; "in" is one only where no other word follows."""
    pattern = alternatives(words) if words else r"(?!)"
    return rf"(?!in\s+[a-z]){pattern}"
