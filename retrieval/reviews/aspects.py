"""Which aspects a review judges, and how: opinion by clause, with negation and contrast.

The method is that of lexicon-based aspect sentiment (Ding, Liu & Yu 2008, "A holistic lexicon-based
approach to opinion mining"): an opinion word belongs to the nearest aspect of its clause that it
can judge, and negators before it turn it round.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.reviews.vocabulary import (
    Found,
    Vocabulary,
    Word,
    review_vocabulary,
    vocabulary_fingerprint,
    words_of,
)

MAX_CHARACTERS = 5000
"""What is read of one review; a longer one is cut."""

_NEGATION_REACH = 4
_MODIFIER_REACH = 2
_JOINER_COST = 4
_LONE_ASPECT_WORDS = 4
_PLAIN, _STRONG, _WEAK = 0.8, 1.0, 0.5
_STOP = re.compile(r"[.!?。！？…;；]")
_PAUSE = re.compile(r"[,，:：()（）~～—|]")
_METHOD = "clauses-1"


@dataclass(frozen=True, slots=True)
class AspectMention:
    """One opinion on one aspect; ``clause`` is ``text[start:end]``, word for word."""

    aspect: str
    polarity: float
    """In [-1, 1]: the sign is the judgement, the size how strongly it is put."""
    clause: str
    start: int
    end: int


@dataclass(slots=True)
class _Clause:
    words: list[Word]
    found: list[Found]
    sentence: int
    contrast: bool
    opinions: dict[str, float]
    waiting: list[str]
    """Aspects named here without a judgement."""

    @property
    def overall(self) -> float:
        """The strongest opinion of the clause, whatever it is about; 0 where there is none."""
        return max((_judged(self, f) for f in self.found), key=abs, default=0.0)


def method_fingerprint() -> str:
    """Changes whenever the same review could be read differently."""
    return f"{_METHOD}-{vocabulary_fingerprint()}"


def extract(text: str, known: Vocabulary | None = None) -> list[AspectMention]:
    """The opinions of a review in English, Chinese or both, in the order of the clauses.

    Aspects that are only named, without a judgement, are left out. Never raises.
    """
    text = text[:MAX_CHARACTERS]
    known = known or review_vocabulary()
    clauses = list(_split(text, known))
    for clause in clauses:
        _judge(clause, known)
    spans = {id(clause): (clause.words[0].start, clause.words[-1].end) for clause in clauses}
    for before, after in pairwise(clauses):
        if before.sentence == after.sentence:
            _carry(before, after, spans)
    mentions = []
    for clause in clauses:
        start, end = spans[id(clause)]
        for aspect, polarity in clause.opinions.items():
            mentions.append(AspectMention(aspect, polarity, text[start:end], start, end))
    return mentions


def _split(text: str, known: Vocabulary) -> Iterator[_Clause]:
    """Clauses end at punctuation and line breaks, and before words of contrast."""
    sentence = 0
    part: list[Word] = []

    def clauses() -> Iterator[_Clause]:
        found = known.find(part, hints=True)
        cuts = [0, *(f.first for f in found if f.has("contrast") and f.first), len(part)]
        for first, last in pairwise(cuts):
            words = part[first:last]
            named = known.find(words, hints=False)
            hinted = not any(f.has("word") for f in named)
            here = known.find(words, hints=True) if hinted else named
            contrast = bool(here) and here[0].first == 0 and here[0].has("contrast")
            yield _Clause(words, here, sentence, contrast, {}, [])

    end = 0
    for word in words_of(text):
        stop = bool(_STOP.match(word.key)) or "\n" in text[end : word.start]
        end = word.end
        if (stop or _PAUSE.match(word.key)) and part:
            yield from clauses()
            part = []
        sentence += stop
        if not (_STOP.match(word.key) or _PAUSE.match(word.key)):
            part.append(word)
    if part:
        yield from clauses()


def _judge(clause: _Clause, known: Vocabulary) -> None:
    taken: set[int] = set()
    for position, item in enumerate(clause.found):
        aspects = [m.aspect for m in item.meanings if m.role == "word"]
        best: tuple[float, int, str] | None = None
        for other, opinion in enumerate(clause.found):
            # A word that judges by itself ("broke") is no opinion on its neighbour unless listed.
            for meaning in opinion.meanings:
                if other == position or not meaning.sign or not aspects:
                    continue
                aspect = meaning.aspect or aspects[0]
                if aspect not in aspects:
                    continue
                cost = _distance(clause.found, position, other) + (0 if meaning.aspect else 0.5)
                if best is None or cost < best[0]:
                    best = (cost, other, aspect)
        if best:
            _, other, aspect = best
            taken.add(other)
            _note(clause, aspect, _judged(clause, clause.found[other], aspect))
        elif aspects and not any(m.sign for m in item.meanings):
            unwanted = next((a for a in aspects if a in known.unwanted), None)
            if unwanted:
                _note(clause, unwanted, -_PLAIN * _turned(clause, item))
            else:
                clause.waiting.append(aspects[0])
    named = {*clause.opinions, *clause.waiting}
    for position, item in enumerate(clause.found):
        says = [m for m in item.meanings if m.role in ("says", "hint")]
        if says and position not in taken:
            own = next((m for m in item.meanings if m.aspect in named and m.sign), says[0])
            _note(clause, own.aspect, _judged(clause, item, own.aspect))
    clause.waiting = [a for a in clause.waiting if a not in clause.opinions]


def _note(clause: _Clause, aspect: str, polarity: float) -> None:
    """Of two opinions on one aspect in one clause the stronger stays."""
    if abs(polarity) > abs(clause.opinions.get(aspect, 0.0)):
        clause.opinions[aspect] = polarity


def _carry(before: _Clause, after: _Clause, spans: dict[int, tuple[int, int]]) -> None:
    """Judges an aspect by the clause beside its own: "the battery, well, is awful"."""
    pointing_back = any(f.has("especially") for f in after.found)
    if after.waiting and pointing_back and before.overall:
        for aspect in after.waiting:
            _note(after, aspect, before.overall)
        spans[id(after)] = (spans[id(before)][0], spans[id(after)][1])
    own_aspect = any(f.has("word") for f in after.found) or bool(after.opinions)
    alone = len(before.words) <= _LONE_ASPECT_WORDS
    if before.waiting and not after.contrast and after.overall and (alone or not own_aspect):
        for aspect in before.waiting:
            _note(before, aspect, after.overall)
        spans[id(before)] = (spans[id(before)][0], spans[id(after)][1])


def _judged(clause: _Clause, item: Found, aspect: str = "") -> float:
    """The polarity of an opinion phrase as it stands: intensified and turned by its neighbours."""
    fitting = [m for m in item.meanings if m.sign and m.aspect in (aspect, "")]
    meaning = max(fitting, key=lambda m: m.aspect == aspect, default=None)
    if meaning is None:
        return 0.0
    size = _PLAIN
    for other in clause.found:
        if 0 <= item.first - other.last <= _MODIFIER_REACH:
            size = _STRONG if other.has("strong") else _WEAK if other.has("weak") else size
    return meaning.sign * size * _turned(clause, item)


def _turned(clause: _Clause, item: Found) -> int:
    """-1 where an odd number of negators stands shortly before the phrase, else 1."""
    sign, reach = 1, item.first - _NEGATION_REACH
    for other in reversed(clause.found):
        if other.last > item.first:
            continue
        if other.last <= reach or other.has("joiners"):
            break
        if other.has("negators"):
            sign, reach = -sign, other.first - _NEGATION_REACH
    return sign


def _distance(found: Sequence[Found], one: int, other: int) -> float:
    left, right = sorted((one, other))
    joined = any(f.has("joiners") for f in found[left + 1 : right])
    return max(0, found[right].first - found[left].last) + _JOINER_COST * joined
