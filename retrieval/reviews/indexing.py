"""Reads reviews that have not been read yet, and looks at those beside them again."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from retrieval.reviews.aspects import AspectMention, method_fingerprint
from retrieval.reviews.clause_reader import ClauseReader, read_all
from retrieval.reviews.review import Review
from retrieval.reviews.sentiment import Sentiment
from retrieval.reviews.suspicion import screen, text_print
from retrieval.reviews.vocabulary import OwnWords, Vocabulary, review_vocabulary
from retrieval.store.review_store import (
    OwnAspect,
    Reading,
    ReviewAspect,
    ReviewStore,
    day_of,
)

log = logging.getLogger(__name__)

SURE = 0.7
"""How probable a side must be for a judge's word to count before the aspects'."""


class Judge(Protocol):
    """Tells how whole reviews sound, such as ``SentimentModel``."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same review could be judged differently."""
        ...

    @property
    def clauses(self) -> ClauseReader | None:
        """Finds aspects that no word names; its fingerprint is part of the judge's."""
        ...

    def judge(self, texts: Sequence[str]) -> list[Sentiment]:
        """One sentiment for each text."""
        ...


def index_reviews(
    store: ReviewStore,
    progress: Callable[[int], None] = lambda read: None,
    batch: int = 500,
    judge: Judge | None = None,
) -> int:
    """Reads every review that is new, changed, or was read by an older method; how many.

    With a ``judge`` the sentiment of a whole review is what it is sure of; without one, and where
    it is not, the mean over the aspects. Its clause model finds aspects beside the words.

    ``progress`` gets the number of reviews read so far after each batch. It can be stopped at any
    time: what is stored stays, and the next call goes on from there.
    """
    analyser, read = method_fingerprint(), 0
    if judge:
        analyser += f"-{judge.fingerprint}"
    own = _by_department(store.own_aspects())
    volume: dict[int, int] = {}
    while reviews := store.unanalysed(analyser, limit=batch):
        products = {review.product_id for review in reviews}
        sold_in = store.departments(products) if own else {}
        known = {key: review_vocabulary(own.get(sold_in.get(key, ""), ())) for key in products}
        texts = [f"{r.title}. {r.text}" if r.title else r.text for r in reviews]
        sentiments = judge.judge(texts) if judge else [None] * len(reviews)
        parts = [(r, part) for r in reviews for part in (r.title, r.text)]
        mentions = read_all(
            [part for _, part in parts],
            [known[r.product_id] for r, _ in parts],
            judge.clauses if judge else None,
        )
        readings = {
            r.id: _reading(r, [*title, *text], sentiment)
            for r, sentiment, title, text in zip(
                reviews, sentiments, mentions[::2], mentions[1::2], strict=True
            )
        }
        volume = volume or store.daily_counts()
        store.keep_readings(analyser, readings)
        screen(store, products, volume)
        read += len(reviews)
        progress(read)
    log.info("read %d reviews", read)
    return read


def read_review(review: Review, known: Vocabulary | None = None) -> Reading:
    """The opinions of one review that its words give away, title and text."""
    title, text = read_all([review.title, review.text], [known, known], None)
    return _reading(review, [*title, *text], None)


def _reading(
    review: Review, mentions: Iterable[AspectMention], sentiment: Sentiment | None
) -> Reading:
    """What the opinions of one review come to."""
    found = [
        ReviewAspect(
            review.id, review.product_id, m.aspect, m.polarity, m.clause, day_of(review.at)
        )
        for m in mentions
    ]
    return Reading(found, _overall(found, sentiment), text_print(review.title, review.text))


def _overall(found: Iterable[ReviewAspect], sentiment: Sentiment | None) -> float | None:
    """What the judge is sure of, else the mean over aspects; a single mention says too little.

    Nothing where the judge and every single mention contradict each other: one of them is wrong.
    """
    polarities = [aspect.polarity for aspect in found]
    if sentiment and max(sentiment.negative, sentiment.neutral, sentiment.positive) >= SURE:
        agreed = not polarities or any(p * sentiment.score > 0 for p in polarities)
        return sentiment.score if agreed else None
    return sum(polarities) / len(polarities) if len(polarities) > 1 else None


def _by_department(aspects: Iterable[OwnAspect]) -> dict[str, OwnWords]:
    found: dict[str, OwnWords] = {}
    for aspect in aspects:
        found[aspect.department] = (*found.get(aspect.department, ()), (aspect.name, aspect.words))
    return found
