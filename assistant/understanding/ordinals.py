"""Places in the list shown: "the second one", "#2", "第一个和第三个", "the first two"."""

import re

from assistant.understanding.message import Message
from assistant.understanding.numbers import parse
from assistant.understanding.understanding import Reference

_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_ORDINAL = rf"(?:{'|'.join(_WORDS)}|\d{{1,2}}(?:st|nd|rd|th))"
_NUMBER = r"(?:\d{1,2}|one|two|three|four|five|six)"
_ITEM = r"(?:ones?|items?|products?|options?|results?|choices?|picks?|pairs?|models?)"
_LISTED = rf"(?:{_ORDINAL}|last)(?:\s+{_ITEM})?"
_ENGLISH = re.compile(
    rf"\b(?:the|your|that|numbers?|no\.|nr\.?|option|item|product|#)?\s*(?P<list>{_LISTED}"
    rf"(?:\s*(?:,|and|or|vs\.?|versus|with|to|&)\s*(?:the\s+)?{_LISTED})*)(?P<noun>\s+[a-z-]+)?"
)
_HASH = re.compile(
    r"(?:#\s?|\b(?:number|no\.|nr\.?|option|item|product|result|choice)\s?#?)"
    rf"(?P<n>{_NUMBER})\b(?!\s*(?:stars?|dollars?))"
    r"(?:\s*(?:,|and|or|vs\.?|&)\s*(?:#\s?|number\s|no\.\s?|option\s)?"
    rf"(?P<m>{_NUMBER})\b)?"
)
_BARE = re.compile(
    r"^(?:compare|show|add|vs|between|difference between|what about|how about|tell me about|the|"
    r"对比|比较|看看|要|选)?\s*"
    r"(?P<n>\d{1,2})(?:\s*(?:and|,|&|vs\.?|or|with|to|和|跟|与|、|还是)\s*(?P<m>\d{1,2}))?"
    r"(?:\s*(?:and|,|&|和|、)\s*(?P<o>\d{1,2}))?\s*(?:please|pls|号|对比|比较|吧|.)?$"
)
_COUNTED = "个款件条双台只把张本种部项支瓶盒套袋包罐桶辆副顶块枚盏株棵箱对位家份"
"""Chinese words that things are counted with."""
_FIRST_N = re.compile(
    rf"\b(?:the\s+)?first\s+(?P<n>two|three|four|five|[2-5])(?:\s+{_ITEM})?\b|"
    rf"前(?P<z>[两二三四五2345])[{_COUNTED}]"
)
_LAST_TWO = re.compile(rf"\b(?:the\s+)?last\s+(?:two|2)\b|(?:最后|后)[两二2][{_COUNTED}]")
_BOTH = re.compile(
    r"\bboth(?: of them)?\b|\bthe two\b|两个都|"
    rf"[这那]两[{_COUNTED}]|(?:它们|他们)?俩"
)
_HAN = re.compile(
    rf"(?P<back>倒数)?第?(?P<n>(?<=第)[一二三四五六七八九十两\d]{{1,3}})"
    rf"(?:[{_COUNTED}号]|(?=[和跟与、,比]|$|的|怎|多|有|是))"
)
_HAN_LAST = re.compile(rf"最后[那]?(?:一)?[{_COUNTED}]|最后那")
_HAN_NUMBER = re.compile(r"(?<![\d.a-z])(?P<n>[1-9一二三四五六])号(?!店|线|码|色)")


_OTHER_NOUNS = frozenset(
    (
        *("hand", "time", "week", "month", "year", "night", "day", "minute", "order", "floor"),
        *("aid", "class", "birthday", "grade", "grader", "name", "generation", "gen", "thing"),
    )
)
"""Nouns after which an ordinal counts something other than products shown."""


def names_place(folded: str) -> bool:
    return bool(re.search(rf"\b{_ORDINAL}\s+{_ITEM}\b|第[一二三四五六\d][{_COUNTED}]", folded))


def read_places(message: Message) -> list[Reference]:  # noqa: PLR0912
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
        return noun in _OTHER_NOUNS
    if noun in _OTHER_NOUNS:
        return True
    has_article = bool(
        re.match(r"(?:the|that|your|number|no|option|item|product|#)", match.group().strip())
    )
    return not has_article and match.group().strip() != folded.strip(" .?!")


def _place(word: str) -> int:
    if word == "last":
        return -1
    return _WORDS.index(word) + 1 if word in _WORDS else int(re.sub(r"\D", "", word))


def read_bare_places(message: Message, listed: int) -> list[Reference]:
    """ "2 and 3" or "2", where a list is before the shopper and the numbers fit it."""
    match = _BARE.match(message.folded.strip())
    if not match or any(c.slot.startswith("price") for c in message.changes):
        return []
    places = [int(match.group(g)) for g in "nmo" if match.group(g)]
    if not all(1 <= place <= listed for place in places):
        return []
    message.use(0, len(message.tokens))
    return [Reference(kind="ordinal", value=p, words=str(p)) for p in places]
