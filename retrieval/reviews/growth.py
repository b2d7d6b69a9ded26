"""Finds what the reviews of a department judge that the vocabulary does not know yet.

Nouns stand in few places when something is said of them: "the zipper is flimsy", "flimsy
zipper", 拉链很顺. Words that stand there much more often than words do by chance are offered to
the merchant as aspects, with their reviews. It is the first step of double propagation (Qiu et
al. 2011, "Opinion word expansion and target extraction through double propagation"), the
association measured by Dunning's likelihood ratio (1993), without a parser.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from math import log
from typing import Any

import jieba
import jieba.posseg
import yaml

from retrieval.language import fold, has_han
from retrieval.lexicon.tokens import singular
from retrieval.reviews.review import Review
from retrieval.reviews.vocabulary import Vocabulary, Word, review_vocabulary, words_of
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.review_store import ReviewStore

jieba.setLogLevel(logging.WARNING)

LEAST_REVIEWS = 5
LEAST_ASSOCIATION = 6.63
"""Likelihood ratio that chance exceeds once in a hundred times."""
LEAST_LETTERS = 3
OFFERED = 30
COMMON_IN_TITLES = 0.02
"""Share of a department's titles from which a word names its products."""
EXAMPLES = 3
_REACH = 3
"""Words between a copula and the opinion."""


@dataclass(slots=True)
class AspectCandidate:
    """A word that a department's reviews judge, offered as an aspect."""

    word: str
    language: str
    reviews: int
    """Reviews in which it is judged."""
    praised: int
    criticised: int
    association: float
    """Likelihood ratio between the word and the places where something is judged."""
    examples: list[tuple[str, str]] = field(default_factory=list)
    """Review ids with the words around the opinion, as they stand in the review."""


@dataclass(slots=True)
class _Seen:
    all: int = 0
    judged: int = 0
    reviews: dict[str, int] = field(default_factory=dict)
    """Review id → sign of what it says."""
    examples: list[tuple[str, str]] = field(default_factory=list)


def grow(
    reviews: Iterable[Review],
    names: Collection[str] = (),
    known: Vocabulary | None = None,
    least_reviews: int = LEAST_REVIEWS,
) -> list[AspectCandidate]:
    """Candidates from the reviews of one department, those that most reviews judge first.

    ``names`` are words that name the products themselves (singular, folded): no part of them.
    """
    known = known or review_vocabulary()
    seen: dict[tuple[str, str], _Seen] = defaultdict(_Seen)
    total = judged = 0
    for review in reviews:
        for text in (review.title, review.text):
            for spoken, span, opinion in _places(text, known):
                total += 1
                one = seen[spoken]
                one.all += 1
                if opinion is None:
                    continue
                judged += 1
                one.judged += 1
                one.reviews[review.id] = one.reviews.get(review.id, 0) + opinion.sign
                if len(one.examples) < EXAMPLES and review.id not in dict(one.examples):
                    first, last = min(span[0], opinion.start), max(span[1], opinion.end)
                    one.examples.append((review.id, text[first:last]))
    found = []
    for (language, word), one in seen.items():
        if len(one.reviews) < least_reviews or word in names:
            continue
        ratio = _likelihood_ratio(one.judged, one.all, judged, total)
        if ratio < LEAST_ASSOCIATION:
            continue
        signs = Counter((sign > 0) - (sign < 0) for sign in one.reviews.values())
        candidate = AspectCandidate(
            word, language, len(one.reviews), signs[1], signs[-1], round(ratio, 1), one.examples
        )
        found.append(candidate)
    found.sort(key=lambda c: (-c.reviews, -c.association, c.word))
    return found[:OFFERED]


def grow_department(
    reviews: ReviewStore, catalog: CatalogStore, department: str
) -> list[AspectCandidate]:
    """Candidates for a department beside the aspects that were taken over already."""
    own = tuple((a.name, a.words) for a in reviews.own_aspects() if a.department == department)
    names = names_of(catalog.titles_in(department)) | _title_words(department)
    return grow(reviews.of_department(department), names, review_vocabulary(own))


def names_of(titles: Sequence[str]) -> set[str]:
    """Words that occur in many titles: they name the products, or what all of them have."""
    counts = Counter(word for title in titles for word in _title_words(title))
    often = max(1.0, COMMON_IN_TITLES * len(titles))
    return {word for word, count in counts.items() if count > often}


def _title_words(title: str) -> set[str]:
    folded = fold(title)
    return {singular(word) for word in folded.split()} | set(jieba.cut(folded))


@dataclass(frozen=True, slots=True)
class _Opinion:
    sign: int
    start: int
    end: int


_Place = tuple[tuple[str, str], tuple[int, int], _Opinion | None]
"""Language and word, its offsets, and what is said of it if anything is."""


def _places(text: str, known: Vocabulary) -> Iterator[_Place]:
    words = words_of(text)
    if not words:
        return
    taken: set[int] = set()
    opinions: dict[int, _Opinion] = {}
    """By the position of their first word."""
    ends: dict[int, _Opinion] = {}
    negated = False
    for item in known.find(words, hints=False):
        # "Cheap" and "sturdy" judge even where no aspect is named; "long" and "big" do not.
        general = [m for m in item.meanings if m.role == "opinion" and not m.aspect]
        if general:
            sign = -general[0].sign if negated else general[0].sign
            span = _Opinion(sign, words[item.first].start, words[item.last - 1].end)
            opinions[item.first], ends[item.last] = span, span
        negated = item.has("negators")
        taken.update(range(item.first, item.last))
    yield from _english(text, words, taken, opinions, ends)
    if has_han(text):
        yield from _chinese(text, words, taken, opinions)


def _english(
    text: str,
    words: list[Word],
    taken: set[int],
    opinions: dict[int, _Opinion],
    ends: dict[int, _Opinion],
) -> Iterator[_Place]:
    rules = _rules()
    folded = [fold(text[word.start : word.end]) for word in words]
    for place, word in enumerate(words):
        spoken = singular(folded[place])
        if place in taken or not spoken.isascii() or not spoken.isalpha():
            continue
        if len(spoken) < LEAST_LETTERS or spoken in rules["never"]["en"]:
            continue
        opinion = None
        before = folded[place - 1] if place else ""
        after = folded[place + 1] if place + 1 < len(words) else ""
        if before in rules["determiners"] and after in rules["copulas"]:
            said = (opinions.get(p) for p in range(place + 2, place + 2 + _REACH + 1))
            opinion = next((o for o in said if o), None)
        elif place in ends and not after.isalpha():
            opinion = ends[place]
        yield ("en", spoken), (word.start, word.end), opinion


def _chinese(
    text: str, words: list[Word], taken: set[int], opinions: dict[int, _Opinion]
) -> Iterator[_Place]:
    rules = _rules()
    starts = {word.start: place for place, word in enumerate(words)}
    folded, at = fold(text), 0
    if len(folded) != len(text):
        return
    cut = [(piece, at := at + len(piece)) for piece in jieba.cut(folded)]
    for index, (piece, end) in enumerate(cut):
        first = starts.get(end - len(piece))
        if len(piece) < 2 or first is None or not _is_noun(piece) or piece in rules["never"]["zh"]:
            continue
        if any(place in taken for place in range(first, first + len(piece))):
            continue
        opinion = None
        for following, stop in islice(cut, index + 1, index + 4):
            opinion = opinions.get(starts.get(stop - len(following), -1))
            if opinion or following not in rules["adverbs"]:
                break
        yield ("zh", piece), (end - len(piece), end), opinion


@lru_cache(maxsize=20_000)
def _is_noun(word: str) -> bool:
    """Whether jieba's dictionary has a Chinese word as a noun; one it lacks may be one."""
    tag: str = jieba.posseg.dt.word_tag_tab.get(word, "n")
    return has_han(word) and (tag.startswith("n") or tag in ("vn", "an"))


def _likelihood_ratio(hits: int, count: int, all_hits: int, total: int) -> float:
    """Dunning's G²; 0 where the word is judged less often than words are."""
    other_hits, other = all_hits - hits, total - count
    if not count or not other or hits * other <= other_hits * count:
        return 0.0
    rate = all_hits / total
    return 2 * (
        _log_likelihood(hits, count, hits / count)
        + _log_likelihood(other_hits, other, other_hits / other)
        - _log_likelihood(hits, count, rate)
        - _log_likelihood(other_hits, other, rate)
    )


def _log_likelihood(hits: int, count: int, rate: float) -> float:
    rate = min(1 - 1e-12, max(1e-12, rate))
    return hits * log(rate) + (count - hits) * log(1 - rate)


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    text = files("retrieval.reviews").joinpath("data/growth.yaml").read_text("utf-8")
    rules: dict[str, Any] = yaml.safe_load(text)
    return rules
