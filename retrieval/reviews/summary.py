"""What reviews say of each product, summed up and kept in memory."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from retrieval.candidate import AspectEvidence, ReviewEvidence
from retrieval.store.review_store import RatingSummary, ReviewAspect, ReviewStore

PRIOR_MENTIONS = 3.0
"""An aspect's mean polarity is shrunk as if this many neutral mentions had been made as well."""
QUOTE_CHARACTERS = 200
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(slots=True)
class _Sum:
    total: float = 0.0
    positive: int = 0
    negative: int = 0
    best: dict[str, ReviewAspect] = field(default_factory=dict)
    """The strongest praise by the language of the clause; ``worst`` the strongest complaint."""
    worst: dict[str, ReviewAspect] = field(default_factory=dict)


class ReviewSummaries:
    """Review evidence by product; safe to call from several threads.

    Counts are of reviews, not of clauses: a review that praises the battery twice counts once.
    """

    def __init__(self, store: ReviewStore) -> None:
        self._store = store
        self._lock = Lock()
        self._known: dict[str, ReviewEvidence | None] = {}

    def load(self) -> int:
        """Reads everything afresh, in one pass; how many products have reviews."""
        aspects: dict[str, list[ReviewAspect]] = {}
        for aspect in self._store.scan_aspects():
            aspects.setdefault(aspect.product_id, []).append(aspect)
        ratings = self._store.ratings()
        known = {key: _evidence(stars, aspects.get(key, ())) for key, stars in ratings.items()}
        with self._lock:
            self._known = dict(known)
        return len(known)

    def get_many(self, product_ids: Iterable[str]) -> dict[str, ReviewEvidence]:
        """Evidence by product id; products without reviews are absent. Do not change it."""
        wanted = list(dict.fromkeys(product_ids))
        with self._lock:
            missing = [key for key in wanted if key not in self._known]
        if missing:
            ratings, aspects = self._store.ratings(missing), self._store.aspects(missing)
            fresh = {
                key: _evidence(ratings[key], aspects.get(key, ())) if key in ratings else None
                for key in missing
            }
            with self._lock:
                self._known |= fresh
        with self._lock:
            found = {key: self._known.get(key) for key in wanted}
        return {key: evidence for key, evidence in found.items() if evidence is not None}

    def forget(self, product_ids: Iterable[str] | None = None) -> None:
        """Reads these products anew when next asked for, or all; call it after an import."""
        with self._lock:
            for key in list(self._known) if product_ids is None else product_ids:
                self._known.pop(key, None)


def _evidence(stars: RatingSummary, aspects: Iterable[ReviewAspect]) -> ReviewEvidence:
    by_review: dict[tuple[str, str], list[ReviewAspect]] = {}
    for aspect in aspects:
        by_review.setdefault((aspect.aspect, aspect.review_id), []).append(aspect)
    sums: dict[str, _Sum] = {}
    for (name, _), mentions in by_review.items():
        _count(sums.setdefault(name, _Sum()), mentions)
    found = [_aspect(name, summed) for name, summed in sums.items()]
    found.sort(key=lambda a: (-a.mentions, a.aspect))
    return ReviewEvidence(stars.count, stars.positive, stars.negative, round(stars.mean, 2), found)


def _count(summed: _Sum, mentions: list[ReviewAspect]) -> None:
    """Adds what one review says of one aspect."""
    polarity = sum(m.polarity for m in mentions) / len(mentions)
    summed.total += polarity
    summed.positive += polarity > 0
    summed.negative += polarity < 0
    for mention in mentions:
        if len(mention.clause) > QUOTE_CHARACTERS:
            continue
        language = "zh" if _HAN.search(mention.clause) else "en"
        for sign, kept in ((1, summed.best), (-1, summed.worst)):
            if language not in kept or _tells(mention, sign) > _tells(kept[language], sign):
                kept[language] = mention


def _tells(mention: ReviewAspect, sign: int) -> tuple[float, int, str]:
    """How well a clause serves as a quote: strong, then long enough to say why."""
    return sign * mention.polarity, min(len(mention.clause), 80), mention.review_id


def _aspect(name: str, summed: _Sum) -> AspectEvidence:
    mentions = summed.positive + summed.negative
    sentiment = summed.total / (mentions + PRIOR_MENTIONS)
    sign, kept = (1, summed.best) if sentiment >= 0 else (-1, summed.worst)
    # In the other language there may be only those who saw it otherwise; they are not quoted.
    quotes = {lang: m for lang, m in kept.items() if m.polarity * sign > 0}
    quote = max(quotes.values(), key=lambda m: _tells(m, sign), default=None)
    return AspectEvidence(
        aspect=name,
        sentiment=round(sentiment, 3),
        mentions=mentions,
        positive=summed.positive,
        negative=summed.negative,
        quote=quote.clause if quote else None,
        review_id=quote.review_id if quote else None,
        quotes={lang: (m.clause, m.review_id) for lang, m in quotes.items()},
    )
