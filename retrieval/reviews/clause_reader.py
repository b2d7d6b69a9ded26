"""Reads reviews with both: the words that judge, and the model for what they leave unsaid.

The vocabulary is precise where an aspect is named; the model reads whole segments, adds what no
word gave away ("dead by noon"), and overrules the vocabulary where a word meant something else
("the battery case is a nice blue").
"""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.language import has_han
from retrieval.reviews.aspects import MAX_CHARACTERS, AspectMention, extract
from retrieval.reviews.clause_model import ClauseCard
from retrieval.reviews.vocabulary import Vocabulary

_STOP = re.compile(r"[.!?。！？…;；\n]+")
_PAUSE = re.compile(r"[,，:：()（）~～—、|]+")
_LONG = {"en": 120, "zh": 40}
"""Characters of a segment from which on it is cut at pauses too."""
_LEAST_LETTERS = {"en": 4, "zh": 2}
_PRAISE, _COMPLAINT = 0.8, -0.8


class ClauseReader(Protocol):
    """Tells what segments judge, such as ``ClauseModel``."""

    card: ClauseCard
    fingerprint: str

    def probabilities(self, clauses: Sequence[str]) -> NDArray[np.float32]:
        """How probable each of ``card.labels`` is, ``(clauses, labels)``."""
        ...


def read_all(
    texts: Sequence[str], known: Sequence[Vocabulary | None], model: ClauseReader | None
) -> list[list[AspectMention]]:
    """The opinions of each text, in the order of its segments; see ``aspects.extract``.

    Args:
        texts: titles and bodies of reviews.
        known: the vocabulary for each.
        model: without one the words alone are read.
    """
    found = [extract(text, words) for text, words in zip(texts, known, strict=True)]
    if model is None:
        return found
    spans = [list(segments(text[:MAX_CHARACTERS])) for text in texts]
    asked = [text[a:b] for text, own in zip(texts, spans, strict=True) for a, b in own]
    rows = iter(model.probabilities(asked))
    return [
        list(_read(text, own, mentions, rows, model.card))
        for text, own, mentions in zip(texts, spans, found, strict=True)
    ]


def _read(
    text: str,
    spans: Sequence[tuple[int, int]],
    said: Sequence[AspectMention],
    rows: Iterator[NDArray[np.float32]],
    card: ClauseCard,
) -> Iterator[AspectMention]:
    for start, end in spans:
        own = [mention for mention in said if start <= mention.start < end]
        yield from _join(text[start:end], start, own, next(rows), card)
    # Too short for the model: "贵！"
    yield from (m for m in said if not any(start <= m.start < end for start, end in spans))


def segments(text: str) -> Iterator[tuple[int, int]]:
    """What the model reads at once: sentences, long ones in parts; offsets without outer space."""
    for start, end in _pieces(text, 0, len(text), _STOP):
        language = "zh" if has_han(text[start:end]) else "en"
        long, least = _LONG[language], _LEAST_LETTERS[language]
        first = start
        for _, stop in [*_pieces(text, start, end, _PAUSE)] if end - start > long else ():
            if stop - first >= long // 2:
                if sum(map(str.isalpha, text[first:stop])) >= least:
                    yield _trimmed(text, first, stop)
                first = stop
        if sum(map(str.isalpha, text[first:end])) >= least:
            yield _trimmed(text, first, end)


def _pieces(text: str, start: int, end: int, cut: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = start
    for match in cut.finditer(text, start, end):
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < end:
        yield at, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip(" \t,，、"))
    return start + left, start + len(piece.rstrip())


def _join(
    segment: str,
    start: int,
    said: Sequence[AspectMention],
    row: NDArray[np.float32],
    card: ClauseCard,
) -> Iterator[AspectMention]:
    language = "zh" if has_han(segment) else "en"
    least, doubt = card.least[language], card.doubt[language]
    heard = {label: float(p) for label, p in zip(card.labels, row, strict=True)}
    for mention in said:
        own, other = (mention.aspect + sign for sign in ("+-" if mention.polarity > 0 else "-+"))
        if own not in heard or (heard[own] >= doubt and heard[own] >= heard[other] - least):
            yield mention
    pairs = {(mention.aspect, mention.polarity > 0) for mention in said}
    for label, probability in heard.items():
        aspect, praise = label[:-1], label[-1] == "+"
        if probability >= least and (aspect, praise) not in pairs:
            polarity = _PRAISE if praise else _COMPLAINT
            yield AspectMention(aspect, polarity, segment, start, start + len(segment))
