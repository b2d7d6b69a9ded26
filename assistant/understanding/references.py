"""Pointers to what was shown: "the second one", "第一个和第三个", "the red one", "it"."""

import re
from collections.abc import Iterator, Sequence

from assistant.dialogue.state import DialogueState
from assistant.understanding.message import Message, Unit
from assistant.understanding.ordinals import names_place, read_bare_places, read_places
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understanding import Reference
from retrieval.language import fold
from retrieval.lexicon.tokens import tokenise

_THIS_ONE = re.compile(r"\b(?:this|that) \w|这[个款件条双台]|那[个款件条双台]")
_SETTING = re.compile(r"(?:make|keep|change|set|raise|have)$")
_IDLE = re.compile(r"(?:for (?:my|a|her|him)|is for|'s for|would be|has to|should|must|time|all)\b")
_CLAUSE = re.compile(r"(?:is|are|has|have|can|will|would|way|time|week|kind)\b")
_LONG = 40
"""Characters after which "that is ..." is rather a clause than a pointer."""


def read_references(
    message: Message, state: DialogueState, shown: Sequence[ShownProduct]
) -> list[Reference]:
    """Everything the message points at; the words of a pointer are used up."""
    if not shown and not state.focus:
        return read_places(message) if names_place(message.folded) else []
    found = read_places(message) or read_bare_places(message, len(state.shown) or len(shown))
    found = found or _extremes(message)
    found = found or _described(message, shown)
    found = found or _named(message, shown)
    return found or _focus(message)


def _extremes(message: Message) -> list[Reference]:
    for unit in message.units:
        for role, value in (
            ("extreme_cheapest", "cheapest"),
            ("extreme_dearest", "dearest"),
            ("extreme_best_rated", "best_rated"),
        ):
            if unit.role(role) and not any(u.is_category for u in message.units):
                message.use(unit.first, unit.last)
                words = message.words(unit.first, unit.last)
                return [Reference(kind="extreme", value=value, words=words)]
    return []


def _described(message: Message, shown: Sequence[ShownProduct]) -> list[Reference]:
    """ "The red one", "那个黑色的": determiner, values, noun; a product shown must fit."""
    for first, last, said in _descriptions(message):
        sense = next((s for s in said.senses() if _fits(s.name, s.values, shown)), None)
        if sense is None:
            continue
        message.use(first, last)
        value = {"name": sense.name, "value": sense.values[0]}
        return [Reference(kind="attribute", value=value, words=message.words(first, last))]
    return []


def _descriptions(message: Message) -> Iterator[tuple[int, int, Unit]]:
    """Tokens of each description, first and last exclusive, and the value that describes."""
    units = message.units
    for start, unit in enumerate(units):
        if not unit.role("the"):
            continue
        # "红色的那个": in Chinese the determiner may come last.
        earlier = [u for u in units[max(0, start - 2) : start] if not u.role("one") or u.is_value]
        if message.tokens[unit.first].is_han and earlier and earlier[-1].is_value:
            yield earlier[-1].first, unit.last, earlier[-1]
        said = []
        for following in units[start + 1 :]:
            if not following.is_value:
                break
            said.append(following)
        after = units[start + 1 + len(said)] if start + 1 + len(said) < len(units) else None
        if said and after and (after.role("one") or (after.is_category and unit.role("focus"))):
            yield unit.first, after.last, said[0]


def _fits(name: str, values: Sequence[str], shown: Sequence[ShownProduct]) -> bool:
    wanted = {v.casefold() for v in values}
    return any(wanted & {v.casefold() for v in p.attributes.get(name, [])} for p in shown)


def _named(message: Message, shown: Sequence[ShownProduct]) -> list[Reference]:
    """Two words or more of one title, which no other title has."""
    if not message.tokens:
        return []
    keys = [token.key for token in message.tokens]
    best: tuple[int, int, int] | None = None
    for product in shown:
        title = [token.key for token in tokenise(fold(product.title))]
        others = [[t.key for t in tokenise(fold(p.title))] for p in shown if p.id != product.id]
        for first in range(len(keys)):
            length = 0
            while first + length < len(keys) and _within(keys[first : first + length + 1], title):
                length += 1
            enough = length >= (4 if message.tokens[first].is_han else 2)
            run = keys[first : first + length]
            if (
                enough
                and (best is None or length > best[0])
                and not any(_within(run, o) for o in others)
            ):
                best = (length, first, first + length)
    covers = best and sum(
        len(u.senses()) > 0 for u in message.units if best[1] <= u.first < best[2]
    )
    if not best or (covers and covers >= best[0] - 1 and len(shown) > 1 and best[0] < 3):
        return []
    words = message.words(best[1], best[2])
    message.use(best[1], best[2])
    return [Reference(kind="name", value=words, words=words)]


def _within(run: list[str], title: list[str]) -> bool:
    return any(title[i : i + len(run)] == run for i in range(len(title) - len(run) + 1))


def _focus(message: Message) -> list[Reference]:
    if previous := message.find("previous"):
        message.use(previous.first, previous.last)
        words = message.words(previous.first, previous.last)
        return [Reference(kind="previous", words=words)]
    named = any(unit.is_category and unit.polarity == "want" for unit in message.units)
    if named and not _THIS_ONE.search(message.folded):
        return []  # "I need a desk. It should have drawers": "it" is the thing described.
    for unit in message.units:
        if unit.role("focus") and not _is_idle_it(message, unit.first):
            words = message.words(unit.first, unit.last)
            value = "all" if unit.role("plural") else None
            return [Reference(kind="focus", value=value, words=words)]
    return []


def _is_idle_it(message: Message, index: int) -> bool:
    """Whether "it" or "this" stands for no product: "make it 80", "it's for my wife"."""
    word = message.tokens[index].text
    before = message.folded[: message.tokens[index].start].rstrip()
    after = message.folded[message.tokens[index].end :].lstrip()
    if _SETTING.search(before) and not after.startswith("in "):
        return word in ("it", "that")
    if _IDLE.match(after):
        return True
    return (
        word in ("that", "this", "these", "those")
        and _CLAUSE.match(after) is not None
        and not before.endswith(("what", "how"))
        and "?" not in after
        and len(after) > _LONG
    )
