"""How most of those who say the same put it: "runs small", said by nine."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from retrieval.language import has_han
from retrieval.reviews.vocabulary import Found, Vocabulary, review_vocabulary, words_of
from retrieval.store.review_store import ReviewAspect

LEAST_VOICES = 2


def most_said(
    clauses: Iterable[ReviewAspect], known: Vocabulary | None = None
) -> tuple[str, int] | None:
    """The words of opinion that most reviews share, as one of them wrote them, and how many do.

    ``clauses`` are of one aspect and one side. Phrases count as the same where their last word
    is ("runs small", "too small"). ``None`` where no two reviews share one.
    """
    known = known or review_vocabulary()
    voices: dict[str, set[str]] = defaultdict(set)
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    for clause in clauses:
        words = words_of(clause.clause)
        for item in known.find(words, hints=True):
            if not _is_about(item, clause.aspect):
                continue
            key = words[item.last - 1].key
            text = clause.clause[words[item.first].start : words[item.last - 1].end]
            voices[key].add(clause.review_id)
            spelt[key][text if has_han(text) else text.lower()] += 1
    if not voices:
        return None
    key = max(voices, key=lambda k: (len(voices[k]), k))
    if len(voices[key]) < LEAST_VOICES:
        return None
    words_used = max(spelt[key].items(), key=lambda entry: (entry[1], len(entry[0]), entry[0]))[0]
    return words_used, len(voices[key])


def side_asked(text: str, aspect: str) -> int:
    """-1 where a question asks for a fault of an aspect ("does it shrink?"), 1 where for a merit,
    0 where it only names it."""
    known = review_vocabulary()
    signs = {
        meaning.sign
        for item in known.find(words_of(text), hints=True)
        for meaning in item.meanings
        if meaning.sign and meaning.aspect == aspect
    }
    return signs.pop() if len(signs) == 1 else 0


def saying(clauses: Iterable[ReviewAspect], text: str) -> tuple[str, list[ReviewAspect]] | None:
    """The clauses of one aspect that judge it in words of the question ``text``, and the words as
    the first of them wrote them; ``None`` where none does."""
    known = review_vocabulary()
    asked = {item for item, _, _ in _opinions(text, known)}
    found, spelt = [], ""
    for clause in clauses:
        for key, about, words in _opinions(clause.clause, known):
            if key in asked and clause.aspect in about:
                found.append(clause)
                spelt = spelt or words
                break
    return (spelt, found) if found else None


def _opinions(text: str, known: Vocabulary) -> Iterator[tuple[str, set[str], str]]:
    """The phrases that judge an aspect by themselves: the stem of their last word, or all of
    them in Chinese; the aspects; the words."""
    words = words_of(text)
    for item in known.find(words, hints=True):
        about = {m.aspect for m in item.meanings if m.sign and m.aspect}
        if not about:
            continue
        spelt = text[words[item.first].start : words[item.last - 1].end]
        key = spelt if has_han(spelt) else words[item.last - 1].key
        yield key, about, spelt if has_han(spelt) else spelt.lower()


def _is_about(item: Found, aspect: str) -> bool:
    """Whether a phrase judges this very aspect; "bad" says nothing of what is bad about it."""
    return any(m.sign < 0 and m.aspect == aspect for m in item.meanings)
