"""Wishes and questions about what reviews say: "nothing with bad sizing", "is it loud?"."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.understanding.cues import filler, read_data
from assistant.understanding.message import Message, Unit
from retrieval.constraints import Constraints
from retrieval.lexicon.phrases import Phrases
from retrieval.reviews.vocabulary import (
    Found,
    Vocabulary,
    Word,
    review_vocabulary,
    vocabulary,
    words_of,
)

_OTHERS = re.compile(
    r"\b(?:the ones|ones|any|anything|something|others|one) (?:with|without|that|which)\b"
    r"|有(?:没有|木有)?(?!人)[^，。,?？说]*的(?:吗|么|嘛|呢|不|没)?[?？]?$"
)
"""Products asked for by a merit: "any with a good battery?", 有续航好的吗."""
_REACH = 4
"""Words between an aspect and the cue that judges or negates it."""


@dataclass(frozen=True, slots=True)
class _Said:
    aspect: str
    sign: int
    """1 said to be good, -1 bad, 0 only named."""
    first: int
    last: int
    """Token positions."""


def read_aspects(
    message: Message,
    held: Constraints,
    *,
    question: bool,
    about_product: bool,
    named: bool = True,
    judged: Collection[str] = (),
) -> list[str]:
    """Notes aspects to avoid, to prefer or, of those ``held``, not to mind any more; gives those
    that are asked about. A yes-or-no question with no kind of product ``named`` wishes for
    nothing: "is there a gift box?". Of two aspects that a word may mean, one that was ``judged`` of
    what is talked about comes first: plants die of drought and phones of their battery."""
    asked: list[str] = []
    _release(message, held)
    if question and _OTHERS.search(message.folded):
        question, named = False, True
    closed = question and not message.find("ask_which")
    for said in _find(message, question and about_product, judged):
        negated = _is_negated(message, said)
        if question and (about_product or not said.sign) and not negated:
            if said.aspect not in asked:
                asked.append(said.aspect)
            message.use(said.first, said.last)
        elif said.aspect in _words("of_the_shop") or (closed and not named):
            continue
        elif (said.sign < 0 and negated) or (not negated and _denies_fault(message, said)):
            _note(message, "avoid_aspects", said)
        elif said.sign > 0 and not negated:
            _note(message, "prefer_aspects", said)
    if not question:
        _read_merits(message)
    return asked


def _release(message: Message, held: Constraints) -> None:
    """Takes back wishes that need not hold any more: "sizing doesn't matter", 噪音大也没关系."""
    if message.find("let_go", "post_any", "any") is None:
        return
    for item, first, last in _located(message, vocabulary()):
        cue = _released_by(message, first, last)
        if cue is None:
            continue
        for aspect in dict.fromkeys(m.aspect for m in item.meanings if m.aspect):
            for slot in ("avoid_aspects", "prefer_aspects"):
                if aspect in getattr(held, slot):
                    message.change("remove", slot, aspect, first, last)
        message.use(min(first, cue.first), max(last, cue.last))


def _released_by(message: Message, first: int, last: int) -> Unit | None:
    """The cue that lets go of an aspect, in the same clause and near it."""
    before = [u for u in message.units if first - _REACH <= u.last <= first]
    after = [u for u in message.units if last <= u.first <= last + _REACH]
    for unit in reversed(before):
        if unit.role("comma"):
            break
        several = unit.last - unit.first > 1  # "don't care about", and not "any"
        if unit.role("let_go", "post_any") or (unit.role("any") and several):
            return None if unit.role("ask_which") else unit
    for unit in after:
        if unit.role("comma"):
            break
        if unit.role("post_any") or (unit.role("let_go") and not unit.role("negator")):
            return unit
    return None


def _read_merits(message: Message) -> None:
    """Notes merits that stand alone: "a sturdy desk", 轻一点的."""
    for phrase in _merits().find(message.tokens):
        said = _Said(phrase.meanings[0], 1, phrase.first, phrase.last)
        free = not any(message.used[phrase.first : phrase.last])
        # "Lights" are lamps, and "a 2-light fixture" has two of them.
        before = message.tokens[phrase.first - 1].text if phrase.first else ""
        token = message.tokens[phrase.last - 1]
        free = free and token.text == token.key and not before.isdigit() and before != "-"
        free = free and not _goes_on(message, said.last - 1)
        if free and _is_whole(message, said) and not _is_negated(message, said):
            _note(message, "prefer_aspects", said)


def _is_whole(message: Message, said: _Said) -> bool:
    """Whether one Chinese character is a word here: 轻, not of 年轻."""
    token = message.tokens[said.first]
    if said.last - said.first > 1 or not token.is_han:
        return True
    word, _ = message.word_at(token.start)
    return len(word) == 1


def _goes_on(message: Message, last: int) -> bool:
    """Whether a Chinese word goes on after a phrase's last token: 不重 of 不重要."""
    token = message.tokens[last]
    word, start = message.word_at(token.start) if token.is_han else ("", 0)
    return start + len(word) > token.end


@lru_cache(maxsize=8)
def _words(heading: str) -> frozenset[str]:
    return frozenset(word for words in read_data("aspects.yaml")[heading] for word in words)


@lru_cache(maxsize=1)
def _merits() -> Phrases[str]:
    return Phrases(
        (phrase, aspect)
        for aspect, lists in read_data("merits.yaml").items()
        for phrases in lists
        for phrase in phrases
    )


def _denies_fault(message: Message, said: _Said) -> bool:
    """Whether a merit is a fault that is spared: "no lag", 不掉色."""
    longer = said.sign > 0 and said.last - said.first > 1
    return longer and message.tokens[said.first].text in _words("denying")


def _note(message: Message, slot: str, said: _Said) -> None:
    if not any(c.slot == slot and c.value == said.aspect for c in message.changes):
        message.change("add", slot, said.aspect, said.first, said.last)
    message.use(said.first, said.last)


def _located(message: Message, known: Vocabulary) -> list[tuple[Found, int, int]]:
    """The phrases of reviews in what is not used yet, with the tokens they stand at."""
    words = words_of(message.text)
    starts = {token.start: index for index, token in enumerate(message.tokens)}
    found: list[tuple[Found, int, int]] = []
    for item in _phrases(message, words, known) if words else ():
        first = starts.get(words[item.first].start)
        last = starts.get(words[min(item.last, len(words)) - 1].start)
        if first is None or last is None or any(message.used[first : last + 1]):
            continue
        if _is_part_of_word(message, first, last + 1) or _goes_on(message, last):
            continue
        found.append((item, first, last + 1))
    return found


def _find(message: Message, question: bool, among: Collection[str]) -> list[_Said]:
    words = words_of(message.text)
    # Reviewers have words that nobody wishes with: "rides up". A question may use them.
    found = _located(message, review_vocabulary() if question else vocabulary())
    said: list[_Said] = []
    unwanted = vocabulary().unwanted
    for index, (item, first, last) in enumerate(found):
        # "Loud" alone is noise before it is sound.
        # "Support" is first of all what its name says, and not the seller's.
        own = {"_".join(word.key for word in words[item.first : item.last])}
        own |= _attributes_at(message, first)
        for meaning in sorted(
            item.meanings,
            key=lambda m: (m.aspect not in own, m.aspect not in among, m.aspect not in unwanted),
        ):
            if meaning.role == "says":
                said.append(_Said(meaning.aspect, meaning.sign, first, last))
                break
            if meaning.role == "word":
                judged = _judge(message, found, index, meaning.aspect)
                judged = judged or (None if question else _unwanted(meaning.aspect, first, last))
                if judged or question:
                    said.append(judged or _Said(meaning.aspect, 0, first, last))
                    break
            # "Loud" says one thing of noise; "good" and "no" say something of anything.
            particular = all(m.role == "opinion" and m.aspect for m in item.meanings)
            plain = particular and last - first > _is_han(message, first)
            if (
                meaning.role == "opinion"
                and meaning.sign < 0
                and meaning.aspect in unwanted
                and plain
                and not question
            ):
                said.append(_Said(meaning.aspect, meaning.sign, first, last))
                break
            if (
                meaning.role == "opinion"
                and particular
                and question
                and last - first > _is_han(message, first)
            ):
                named = any(m.role == "word" for f, _, _ in found for m in f.meanings)
                if not named:
                    said.append(_Said(meaning.aspect, 0, first, last))
                    break
    return said


def _phrases(message: Message, words: list[Word], known: Vocabulary) -> list[Found]:
    """The phrases of reviews. Faults that only reviewers tell of, or that only hint at an aspect,
    count where they are refused in the same breath: 别晃, 不要容易坏的, "nothing that rides up"."""
    found = known.find(words, hints=False)
    for item in review_vocabulary().find(words, hints=True):
        start, end = words[item.first].start, words[item.last - 1].end
        faults = tuple(
            replace(m, role="says")
            for m in item.meanings
            if m.role in ("hint", "says") and m.sign < 0
        )
        if not faults or not _refused().search(message.folded[:start]):
            continue
        word, begun = message.word_at(words[item.last - 1].start)
        if begun + len(word) <= end:
            found = [f for f in found if f.last <= item.first or item.last <= f.first]
            found.append(Found(item.first, item.last, faults))
    return sorted(found)


@lru_cache(maxsize=1)
def _refused() -> re.Pattern[str]:
    """What a text ends with that refuses what follows."""
    english, chinese = (
        "|".join(map(re.escape, words)) for words in read_data("aspects.yaml")["refusing"]
    )
    return re.compile(rf"(?:\b(?:{english})\s+|(?:{chinese}))$")


def _attributes_at(message: Message, token: int) -> set[str]:
    """The attributes that the words at a token ask for: weight, of "how heavy"."""
    units = (unit for unit in message.units if unit.first <= token < unit.last)
    return {s.values[0] for unit in units for s in unit.senses() if s.name == "slot"}


def _unwanted(aspect: str, first: int, last: int) -> _Said | None:
    """What the mere mention says of an aspect that nobody wants: "no squeaks"."""
    return _Said(aspect, -1, first, last) if aspect in vocabulary().unwanted else None


def _is_part_of_word(message: Message, first: int, last: int) -> bool:
    """Whether one Chinese character stands in a longer word of another meaning: 价 in 评价."""
    token = message.tokens[first]
    if last - first > 1 or not token.is_han:
        return False
    word, _ = message.word_at(token.start)
    return len(word) > 1 and bool(filler().meanings(word))


def _is_han(message: Message, index: int) -> bool:
    return message.tokens[index].is_han


def _judge(
    message: Message, found: list[tuple[Found, int, int]], index: int, aspect: str
) -> _Said | None:
    """The opinion that stands right beside a named aspect, if there is one."""
    _, first, last = found[index]
    for other in (index - 1, index + 1):
        if not 0 <= other < len(found):
            continue
        item, start, end = found[other]
        if item.has("negators") and index < other < len(found) - 1 and start == last:
            # 尺码不准的: not a fault denied but a fault said by denying a merit.
            merit, begin, until = found[other + 1]
            signs = [m.sign for m in merit.meanings if m.sign and m.aspect in ("", aspect)]
            if signs and begin - end <= 1 and message.tokens[begin].is_han:
                return _Said(aspect, -signs[0], first, until)
        if message.tokens[start].text in _words("polite") or _asks_how(message, start):
            continue
        gap = first - end if other < index else start - last
        if gap > 1 or (
            gap == 1 and message.tokens[min(last, first - 1)].text in (",", "，", "。", ".")
        ):
            continue
        for meaning in item.meanings:
            if meaning.role == "opinion" and meaning.aspect in ("", aspect):
                return _Said(aspect, meaning.sign, min(first, start), max(last, end))
    for unit in message.units:
        near = 0 <= first - unit.last <= 1 or 0 <= unit.first - last <= 1
        span = (aspect, min(first, unit.first), max(last, unit.last))
        if near and unit.role("good_word", "matters") and not _asks_how(message, unit.first):
            return _Said(span[0], 1, span[1], span[2])
        if near and unit.role("bad_word"):
            return _Said(span[0], -1, span[1], span[2])
    return None


def _asks_how(message: Message, token: int) -> bool:
    """Whether a word of opinion only asks for a measure: "how long"."""
    return any(u.first < token <= u.last and u.role("ask_which") for u in message.units)


def _is_negated(message: Message, said: _Said) -> bool:
    if said.first and message.tokens[said.first - 1].text in _words("refusing"):
        return True

    def clause_break(unit: Unit) -> bool:
        return unit.role("comma") or message.tokens[unit.first].text in (".", "。", ";", "but")

    for unit in reversed(message.units):
        if unit.first < said.first:
            if clause_break(unit) or said.first - unit.last > _REACH:
                break
            if unit.role("negator", "light_negator", "aspect_negator"):
                return True
    for unit in message.units:
        if unit.first >= said.last:
            if clause_break(unit) or unit.first - said.last > _REACH:
                return False
            if unit.role("post_negator") or (
                unit.role("negator") and message.tokens[unit.first].is_han
            ):
                return True
    return False
