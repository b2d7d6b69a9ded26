"""Pointers to what was shown: "the second one", "第一个和第三个", "the red one", "it"."""

import re
from collections.abc import Sequence

from assistant.dialogue.state import DialogueState
from assistant.understanding.message import Message
from assistant.understanding.numbers import parse
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understanding import Reference
from retrieval.language import fold
from retrieval.lexicon.tokens import tokenise

_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_ORDINAL = rf"(?:{'|'.join(_WORDS)}|\d{{1,2}}(?:st|nd|rd|th))"
_ITEM = r"(?:ones?|items?|products?|options?|results?|choices?|picks?|pairs?|models?)"
_LISTED = rf"(?:{_ORDINAL}|last)(?:\s+{_ITEM})?"
_ENGLISH = re.compile(
    rf"\b(?:the|your|that|numbers?|no\.|nr\.?|option|item|product|#)?\s*(?P<list>{_LISTED}"
    rf"(?:\s*(?:,|and|or|vs\.?|versus|with|to|&)\s*(?:the\s+)?{_LISTED})*)(?P<noun>\s+[a-z-]+)?"
)
_HASH = re.compile(
    r"(?:#\s?|\b(?:number|no\.|nr\.?|option|item|product|result|choice)\s?#?)(?P<n>\d{1,2}|one|two|three|four|five|six)\b(?!\s*(?:stars?|dollars?))"
    r"(?:\s*(?:,|and|or|vs\.?|&)\s*(?:#\s?|number\s|no\.\s?|option\s)?(?P<m>\d{1,2}|one|two|three|four|five|six)\b)?"
)
_BARE = re.compile(
    r"^(?:compare|show|add|vs|between|difference between|what about|how about|tell me about|the|对比|比较|看看|要|选)?\s*"
    r"(?P<n>\d{1,2})(?:\s*(?:and|,|&|vs\.?|or|with|to|和|跟|与|、|还是)\s*(?P<m>\d{1,2}))?"
    r"(?:\s*(?:and|,|&|和|、)\s*(?P<o>\d{1,2}))?\s*(?:please|pls|号|对比|比较|吧|.)?$"
)
_FIRST_N = re.compile(
    rf"\b(?:the\s+)?first\s+(?P<n>two|three|four|five|2|3|4|5)(?:\s+{_ITEM})?\b|前(?P<z>[两二三四五2345])[个款件条双台]"
)
_LAST_TWO = re.compile(r"\b(?:the\s+)?last\s+(?:two|2)\b|(?:最后|后)[两二2][个款件条双台]")
_BOTH = re.compile(
    r"\bboth(?: of them)?\b|\bthe two\b|两个都|这两[个款件条双台]|那两[个款件条双台]|(?:它们|他们)?俩"
)
_HAN = re.compile(
    r"(?P<back>倒数)?第?(?P<n>(?<=第)[一二三四五六七八九十两\d]{1,3})(?:[个款件条双台只把张本种部项号]|(?=[和跟与、,比]|$|的|怎|多|有|是))"
)
_HAN_LAST = re.compile(r"最后[那]?(?:一)?[个款件条双台只把张本种部]|最后那")
_HAN_NUMBER = re.compile(r"(?<![\d.a-z])(?P<n>[1-9一二三四五六])号(?!店|线|码|色)")


def read_references(
    message: Message, state: DialogueState, shown: Sequence[ShownProduct]
) -> list[Reference]:
    """Everything the message points at; the words of a pointer are used up."""
    if not shown and not state.focus:
        return _ordinals(message) if _has_ordinal_noun(message.folded) else []
    found = _ordinals(message) or _bare_numbers(message, len(state.shown) or len(shown))
    found = found or _extremes(message)
    found = found or _described(message, shown)
    found = found or _named(message, shown)
    return found or _focus(message)


def _has_ordinal_noun(folded: str) -> bool:
    return bool(re.search(rf"\b{_ORDINAL}\s+{_ITEM}\b|第[一二三四五六\d][个款件条双]", folded))


def _ordinals(message: Message) -> list[Reference]:
    folded, found = message.folded, list[Reference]()

    def note(value: int, start: int, end: int) -> None:
        message.use_span(start, end)
        if all(r.value != value for r in found):
            found.append(Reference(kind="ordinal", value=value, words=message.text[start:end]))

    if match := _FIRST_N.search(folded):
        count = parse(match.group("n") or match.group("z")) or 0
        for place in range(1, int(count) + 1):
            note(place, *match.span())
        return found
    if match := _LAST_TWO.search(folded):
        note(-2, *match.span())
        note(-1, *match.span())
        return found
    if match := _BOTH.search(folded):
        note(1, *match.span())
        note(2, *match.span())
        return found
    for match in _ENGLISH.finditer(folded):
        if _is_adverb(match, folded):
            continue
        offset = match.start("list")
        for part in re.finditer(rf"(?P<w>{_ORDINAL}|last)(?:\s+{_ITEM})?", match.group("list")):
            note(_place(part.group("w")), offset + part.start(), offset + part.end())
    for match in _HASH.finditer(folded):
        for group in ("n", "m"):
            if match.group(group):
                note(int(parse(match.group(group)) or 0), *match.span())
    for match in _HAN.finditer(folded):
        value = int(parse(match.group("n")) or 0)
        start = match.start() - (0 if match.group("back") or match.group().startswith("第") else 1)
        note(-value if folded[max(0, start - 2) : start] == "倒数" else value, start, match.end())
    for match in _HAN_LAST.finditer(folded):
        note(-1, *match.span())
    for match in _HAN_NUMBER.finditer(folded):
        note(int(parse(match.group("n")) or 0), *match.span())
    return found


def _is_adverb(match: re.Match[str], folded: str) -> bool:
    """Whether an ordinal points at nothing: "first, show me", "second hand", "last week"."""
    said = match.group("list")
    noun = (match.group("noun") or "").strip()
    if re.search(rf"{_ITEM}", said) or re.search(r",|\band\b|\bor\b|vs|\bto\b", said):
        return noun in ("hand", "time", "week", "month", "year", "floor", "aid", "class", "name")
    if noun in ("hand", "time", "week", "month", "year", "night", "order", "floor", "aid", "class",
                "birthday", "day", "grade", "grader", "name", "minute", "generation", "gen", "thing"):  # fmt: skip
        return True
    has_article = bool(
        re.match(r"(?:the|that|your|number|no|option|item|product|#)", match.group().strip())
    )
    return not has_article and match.group().strip() != folded.strip(" .?!")


def _place(word: str) -> int:
    if word == "last":
        return -1
    return _WORDS.index(word) + 1 if word in _WORDS else int(re.sub(r"\D", "", word))


def _bare_numbers(message: Message, listed: int) -> list[Reference]:
    """ "2 and 3" or "2", where a list is before the shopper and the numbers fit it."""
    match = _BARE.match(message.folded.strip())
    if not match or any(c.slot.startswith("price") for c in message.changes):
        return []
    places = [int(match.group(g)) for g in "nmo" if match.group(g)]
    if not all(1 <= place <= listed for place in places):
        return []
    message.use(0, len(message.tokens))
    return [Reference(kind="ordinal", value=p, words=str(p)) for p in places]


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
    """ "The red one", "那个黑色的": a determiner, values, and "one"; some product shown must fit."""
    units = message.units
    for start, unit in enumerate(units):
        if not unit.role("the"):
            continue
        said = []
        for following in units[start + 1 :]:
            if not following.is_value:
                break
            said.append(following)
        after = units[start + 1 + len(said)] if start + 1 + len(said) < len(units) else None
        head = bool(after and (after.role("one") or (after.is_category and unit.role("focus"))))
        if not said or not head or after is None:
            continue
        sense = next((s for s in said[0].senses() if _fits(s.name, s.values, shown)), None)
        if sense is None:
            continue
        message.use(unit.first, after.last)
        words = message.words(unit.first, after.last)
        value = {"name": sense.name, "value": sense.values[0]}
        return [Reference(kind="attribute", value=value, words=words)]
    return []


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
    if any(unit.is_category and unit.polarity == "want" for unit in message.units):
        # "I need a desk. It should have drawers": "it" is the thing described.
        if not re.search(r"\b(?:this|that) \w|这[个款件条双台]|那[个款件条双台]", message.folded):
            return []
    for unit in message.units:
        if unit.role("focus") and not _is_idle_it(message, unit.first):
            words = message.words(unit.first, unit.last)
            return [Reference(kind="focus", words=words)]
    return []


def _is_idle_it(message: Message, index: int) -> bool:
    """Whether "it" or "this" stands for no product ("make it 80", "it's for my wife", "is it ok")."""
    before = message.folded[: message.tokens[index].start].rstrip()
    after = message.folded[message.tokens[index].end :].lstrip()
    if re.search(r"(?:make|keep|change|set|raise|have)$", before) and not after.startswith("in "):
        return message.tokens[index].text == "it"
    return bool(re.match(r"(?:for (?:my|a|her|him)|is for|'s for|would be|has to|should|must|time|all)\b", after)) or (
        message.tokens[index].text in ("that", "this", "these", "those")
        and bool(re.match(r"(?:is|are|has|have|can|will|would|way|time|week|kind)\b", after))
        and not before.endswith(("what", "how")) and "?" not in after and len(after) > 40
    )  # fmt: skip
