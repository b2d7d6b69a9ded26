"""The words left over: what the text search should look for."""

from functools import lru_cache, partial
from itertools import takewhile

import jieba

from assistant.understanding.cues import filler, read_data
from assistant.understanding.message import Message, Unit
from assistant.understanding.topics import Topic

_JUDGING = ("good_word", "bad_word", "matters")
"""Cues that steer only beside an aspect: "long battery life", unlike "long dress"."""
_LONGEST_FILLER = 4
"""Words that one filler phrase may fall into."""


def read_queries(message: Message, topics: list[Topic]) -> None:
    """Notes a query for each kind of product: content words that nothing else used, with the noun
    they describe."""
    ends = [*(topic.begun for topic in topics[1:]), len(message.tokens)]
    begun = 0
    for topic, end in zip(topics or [Topic()], ends, strict=True):
        _read_query(message, topic, range(begun, end))
        begun = end


def _read_query(message: Message, topic: Topic, within: range) -> None:
    starts = {token.start for token in message.tokens[within.start : within.stop]}
    rest = [(start, piece) for start, piece in _rest(message) if start in starts]
    kept = message.kept & set(within)
    if not rest and not kept:
        if topic.label:
            message.change("set", "query", "", topic.first, topic.last)
        return
    pieces = dict(rest)
    if rest and topic.label:
        kept |= set(range(topic.first, topic.last))
    for index in kept:
        token = message.tokens[index]
        pieces.setdefault(token.start, (token.end, message.text[token.start : token.end]))
    ordered = sorted((start, end, word) for start, (end, word) in pieces.items())
    text, last = "", 0
    for start, end, word in ordered:
        between = message.text[last:start] if text else ""
        text += (between if between in ("", "-", "/", "'", "&", ".") else " ") + word
        last = end
    start, end = ordered[0][0], max(end for _, end, _ in ordered)
    message.change_span("set" if topic.label else "add", "query", text, start, end)


def note_unwanted_words(message: Message) -> None:
    """Turns words that nothing else knows, right after "without", into words that no title may
    have: "a hoodie without logos"."""
    for index, cue in enumerate(message.units):
        if not cue.role("lacking") or cue.senses():
            continue
        run = list(takewhile(partial(_is_unread, message), message.units[index + 1 :]))
        if run and run[0].polarity == "exclude":
            first, last = run[0].first, run[-1].last
            words = message.words(first, last)
            if words not in _han_filler() and not filler().meanings(words):
                message.change("add", "exclude.text", words, first, last)
                message.use(first, last)


def _is_unread(message: Message, unit: Unit) -> bool:
    """Whether a unit is a content word that no reader has taken."""
    index = unit.first
    plain = not unit.meanings and message.tokens[index].text[0].isalnum()
    return plain and not message.used[index] and not message.filler[index]


def unknown_words(message: Message, vocabulary: frozenset[str] | None) -> list[str]:
    """Content words that neither the lexicon nor the catalogue's texts know."""
    if vocabulary is None:
        return []
    tokens = {t.start: t for t in message.tokens}
    return [
        word
        for start, (_, word) in _rest(message)
        if start in tokens and word.isascii() and word.isalpha() and len(word) > 2
        and tokens[start].text not in vocabulary and tokens[start].key not in vocabulary
    ]  # fmt: skip


def _rest(message: Message) -> list[tuple[int, tuple[int, str]]]:
    """Unused content words: start → (end, word), spelling mended."""
    found: list[tuple[int, tuple[int, str]]] = []
    run: list[int] = []
    steering = _steering(message)
    for index, token in enumerate(message.tokens):
        if index in steering:
            found += _han_words(message, run)
            run = []
            continue
        if not message.used[index] and token.is_han:
            run.append(index)
            continue
        found += _han_words(message, run)
        run = []
        if message.used[index] or message.filler[index] or not token.text[0].isalnum():
            continue
        word = message.corrections.get(token.text, message.text[token.start : token.end])
        found.append((token.start, (token.end, word)))
    return found + _han_words(message, run)


def _steering(message: Message) -> set[int]:
    """Tokens that say how others are meant, and those that are not wanted."""
    return {
        index
        for unit in message.units
        for index in range(unit.first, unit.last)
        if unit.polarity == "exclude" or _only_steers(message, unit)
    }


def _only_steers(message: Message, unit: Unit) -> bool:
    if not unit.meanings or unit.senses() or unit.role("idiom", *_JUDGING):
        return False
    if unit.last - unit.first > 1 or not message.tokens[unit.first].is_han:
        return True
    # One Chinese character may be part of a longer word that is no cue at all.
    return unit.role("negator") and any(
        other.first == unit.last and other.polarity == "exclude" and other.is_value
        for other in message.units
    )


def _han_words(message: Message, run: list[int]) -> list[tuple[int, tuple[int, str]]]:
    if not run:
        return []
    start = message.tokens[run[0]].start
    found = []
    for word in _without_phrases(_cut(message.folded[start : message.tokens[run[-1]].end])):
        # A character left of a word whose others were used up says nothing: 评 of 评价.
        fragment = len(word) == 1 and message.word_at(start)[0] != word
        if word.strip() and word not in _han_filler() and not fragment:
            found.append((start, (start + len(word), message.text[start : start + len(word)])))
        start += len(word)
    return found


def _without_phrases(words: list[str]) -> list[str]:
    """Blanks words that only together are filler: 花 and 呗, two words to the segmenter."""
    left = list(words)
    for first in range(len(words)):
        for last in range(first + 2, min(first + _LONGEST_FILLER, len(words)) + 1):
            if "".join(words[first:last]) in _han_filler():
                left[first:last] = [" " * len(word) for word in words[first:last]]
    return left


def _cut(text: str) -> list[str]:
    if text in _han_filler() or len(text) == 1:
        return [text]
    words: list[str] = jieba.lcut(text)
    # A word the segmenter does not know may still be filler put together ("给我看看").
    return [part for word in words for part in (list(word) if _is_all_filler(word) else [word])]


def _is_all_filler(word: str) -> bool:
    return all(char in _han_filler() for char in word)


@lru_cache(maxsize=1)
def _han_filler() -> frozenset[str]:
    assert filler()
    return frozenset(str(word) for words in read_data("filler.yaml")["zh"] for word in words)
