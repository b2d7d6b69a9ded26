"""Reads reviews with both: the words that judge, and the model for what they leave unsaid.

Words are precise where they are found, and cost next to nothing. The model reads the segments in
which they gave nothing away ("dead by noon"). Where they found something it adds what else it hears
only if it is surer than it need be otherwise.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.language import has_han
from retrieval.reviews.aspects import MAX_CHARACTERS, AspectMention, extract
from retrieval.reviews.clause_model import ClauseCard
from retrieval.reviews.occasion import only_tells_occasion
from retrieval.reviews.vocabulary import Vocabulary

_STOP = re.compile(r"[.!?。！？…;；\n]+")
_PAUSE = re.compile(r"[,，:：()（）~～—、|]+")
_LONG = {"en": 120, "zh": 40}
"""Characters of a segment from which on it is cut at pauses too."""
_LEAST_LETTERS = {"en": 4, "zh": 2}
_SURE = 0.8
"""Polarity of what the model hears."""


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
    asked = []
    for place, (text, said) in enumerate(zip(texts, found, strict=True)):
        for start, end in segments(text[:MAX_CHARACTERS]):
            here = {m.aspect for m in said if m.start < end and m.end > start}
            least = _least(text[start:end], model.card, bool(here))
            if least <= 1 and not only_tells_occasion(text[start:end]):
                asked.append((place, start, end, least, here))
    rows = model.probabilities([texts[place][start:end] for place, start, end, _, _ in asked])
    for (place, start, end, least, here), row in zip(asked, rows, strict=True):
        for aspect, sign in _heard(row, model.card, least):
            if aspect not in here:
                segment = texts[place][start:end]
                found[place].append(AspectMention(aspect, sign * _SURE, segment, start, end))
    return [sorted(mentions, key=lambda m: m.start) for mentions in found]


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


def _least(segment: str, card: ClauseCard, words_found: bool) -> float:
    """From which probability on the model is believed; above 1 where it is not asked."""
    language = "zh" if has_han(segment) else "en"
    return card.beside.get(language, 2.0) if words_found else card.least[language]


def _heard(row: NDArray[np.float32], card: ClauseCard, least: float) -> Iterator[tuple[str, int]]:
    """Aspects with the side that is the likelier one: what is judged is judged one way."""
    best: dict[str, tuple[float, int]] = {}
    for label, probability in zip(card.labels, row, strict=True):
        if probability >= least:
            side = (float(probability), 1 if label[-1] == "+" else -1)
            best[label[:-1]] = max(side, best.get(label[:-1], side))
    for aspect, (_, sign) in best.items():
        yield aspect, sign
