"""What reviews say of each product, summed up and kept in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import sqrt
from threading import Lock
from typing import Literal

from retrieval.candidate import AspectEvidence, Quote, ReviewEvidence, Trend
from retrieval.language import has_han
from retrieval.reviews.review import Review
from retrieval.reviews.shrinkage import Prior, Sample, estimate
from retrieval.reviews.suspicion import DAMPING
from retrieval.store.review_store import RatingSummary, ReviewAspect, ReviewStore, day_of

HALF_LIFE_DAYS = 365.0
"""Age at which a review counts half of the newest one."""
RECENT_DAYS = 90
LEAST_TREND = 4
"""Mentions before and mentions lately, without which nothing is said of a trend."""
PRAISE_STARS, COMPLAINT_STARS = 4, 2
_SURE = 1.645
QUOTE_CHARACTERS = 200
QUOTES = 2


@dataclass(slots=True)
class _Mention:
    """What one review says of one aspect."""

    polarity: float
    day: int
    suspected: bool
    clauses: list[ReviewAspect]


@dataclass(slots=True)
class _Gathered:
    """What is known of one product before it is scored."""

    stars: RatingSummary
    department: str | None
    suspected: int = 0
    mentions: dict[str, list[_Mention]] = field(default_factory=dict)


class ReviewSummaries:
    """Review evidence by product; safe to call from several threads.

    Counts are of reviews, not of clauses: a review that praises the battery twice counts once.
    """

    def __init__(self, store: ReviewStore, half_life_days: float = HALF_LIFE_DAYS) -> None:
        self._store = store
        self._half_life = half_life_days
        self._lock = Lock()
        self._known: dict[str, ReviewEvidence | None] = {}
        self._priors: dict[tuple[str | None, str], Prior] = {}

    def load(self) -> int:
        """Reads everything afresh, in one pass, and what is usual in each department; how many
        products have reviews."""
        today = self._today()
        gathered = self._gather(None)
        samples: dict[tuple[str | None, str], list[Sample]] = defaultdict(list)
        for product in gathered.values():
            for name, mentions in product.mentions.items():
                sample = self._sample(mentions, today)
                samples[None, name].append(sample)
                if product.department is not None:
                    samples[product.department, name].append(sample)
        shop = {name: estimate(found) for (where, name), found in samples.items() if where is None}
        priors = {key: estimate(found, shop[key[1]]) for key, found in samples.items()}
        known = {key: self._evidence(one, priors, today) for key, one in gathered.items()}
        with self._lock:
            self._known, self._priors = dict(known), priors
        return len(known)

    def get_many(self, product_ids: Iterable[str]) -> dict[str, ReviewEvidence]:
        """Evidence by product id; products without reviews are absent. Do not change it."""
        wanted = list(dict.fromkeys(product_ids))
        with self._lock:
            missing = [key for key in wanted if key not in self._known]
            priors = self._priors
        if missing:
            today, gathered = self._today(), self._gather(missing)
            fresh = {
                key: self._evidence(gathered[key], priors, today) if key in gathered else None
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

    def clauses(self, product_id: str, aspect: str, sign: int) -> list[ReviewAspect]:
        """The clauses that praise an aspect of a product, or complain of it, newest first."""
        found = self._store.aspects([product_id]).get(product_id, [])
        told = [one for one in found if one.aspect == aspect and one.polarity * sign > 0]
        return sorted(told, key=lambda one: (-one.day, one.review_id))

    def doubts(self, product_ids: Collection[str] | None = None) -> dict[str, list[str]]:
        """The ids of the reviews that may not be genuine, by the grounds for it; of the whole
        shop without ``product_ids``."""
        found: dict[str, list[str]] = defaultdict(list)
        for suspicion in self._store.suspicions(product_ids):
            found[suspicion.kind].append(suspicion.review_id)
        return dict(found)

    def reviews(self, review_ids: Collection[str]) -> dict[str, Review]:
        """Reviews by id."""
        return self._store.get_many(review_ids)

    def count(self) -> int:
        """How many reviews the shop has."""
        return self._store.count()

    def extreme(self, product_id: str, sign: int) -> list[Review]:
        """The reviews of few stars, or of many with ``sign`` 1, the furthest first, then newest."""
        side = [
            one
            for one, _ in self._store.of_products([product_id])
            if (one.rating >= PRAISE_STARS if sign > 0 else one.rating <= COMPLAINT_STARS)
        ]
        return sorted(side, key=lambda one: (-sign * one.rating, -one.at.timestamp(), one.id))

    def _today(self) -> int:
        """The day ages are counted from: that of the newest review, so that a shop whose reviews
        are all old weighs them against each other and not against the calendar."""
        return day_of(min(self._store.newest() or datetime.now(UTC), datetime.now(UTC)))

    def _gather(self, product_ids: Collection[str] | None) -> dict[str, _Gathered]:
        store = self._store
        departments = store.departments(product_ids)
        gathered = {
            key: _Gathered(stars, departments.get(key))
            for key, stars in store.ratings(product_ids).items()
        }
        suspected: dict[str, set[str]] = defaultdict(set)
        for suspicion in store.suspicions(product_ids):
            suspected[suspicion.product_id].add(suspicion.review_id)
        for key, ids in suspected.items():
            if key in gathered:
                gathered[key].suspected = len(ids)
        said: dict[tuple[str, str, str], list[ReviewAspect]] = defaultdict(list)
        aspects: Iterable[ReviewAspect] = (
            store.scan_aspects()
            if product_ids is None
            else (one for found in store.aspects(product_ids).values() for one in found)
        )
        for aspect in aspects:
            said[aspect.product_id, aspect.aspect, aspect.review_id].append(aspect)
        for (product, name, review), clauses in said.items():
            if product in gathered:
                polarity = sum(c.polarity for c in clauses) / len(clauses)
                mention = _Mention(polarity, clauses[0].day, review in suspected[product], clauses)
                gathered[product].mentions.setdefault(name, []).append(mention)
        return gathered

    def _sample(self, mentions: Sequence[_Mention], today: int) -> Sample:
        weight = total = squares = 0.0
        for mention in mentions:
            age = max(0, today - mention.day)
            counts = 0.5 ** (age / self._half_life) * (DAMPING if mention.suspected else 1.0)
            weight += counts
            total += counts * mention.polarity
            squares += counts * mention.polarity**2
        return Sample(weight, total, squares)

    def _evidence(
        self, product: _Gathered, priors: Mapping[tuple[str | None, str], Prior], today: int
    ) -> ReviewEvidence:
        stars, found = product.stars, []
        for name, mentions in product.mentions.items():
            prior = priors.get((product.department, name)) or priors.get((None, name)) or Prior()
            score = prior.score(self._sample(mentions, today))
            positive = sum(m.polarity > 0 for m in mentions)
            negative = sum(m.polarity < 0 for m in mentions)
            # The quotes speak for those who spoke, whatever is usual elsewhere.
            sign = 1 if sum(m.polarity for m in mentions) >= 0 else -1
            voices = _voices(mentions, sign)
            first = max(
                (quotes[0] for quotes in voices.values() if quotes[0].sign == sign),
                key=lambda quote: (len(quote.text), quote.review_id),
                default=None,
            )
            found.append(
                AspectEvidence(
                    aspect=name,
                    sentiment=round(score.mean, 3),
                    mentions=positive + negative,
                    positive=positive,
                    negative=negative,
                    quote=first.text if first else None,
                    review_id=first.review_id if first else None,
                    voices=voices,
                    low=round(score.low, 3),
                    high=round(score.high, 3),
                    usual=round(prior.mean, 3),
                    trend=_trend(mentions, today, prior.spread),
                    suspected=sum(m.suspected for m in mentions),
                )
            )
        found.sort(key=lambda a: (-a.mentions, a.aspect))
        rating = round(stars.mean, 2)
        return ReviewEvidence(
            stars.count, stars.positive, stars.negative, rating, found, product.suspected
        )


def _trend(mentions: Sequence[_Mention], today: int, spread: float) -> Trend | None:
    genuine = [m for m in mentions if not m.suspected]
    late = [m.polarity for m in genuine if m.day > today - RECENT_DAYS]
    early = [m.polarity for m in genuine if m.day <= today - RECENT_DAYS]
    if min(len(late), len(early)) < LEAST_TREND:
        return None
    recent, before = sum(late) / len(late), sum(early) / len(early)
    error = sqrt(spread * (1 / len(late) + 1 / len(early)))
    moved = abs(recent - before) > _SURE * error
    direction: Literal["better", "steady", "worse"] = "steady"
    if moved:
        direction = "better" if recent > before else "worse"
    return Trend(direction, round(recent, 2), round(before, 2), len(late), len(early))


def _voices(mentions: Sequence[_Mention], sign: int) -> dict[str, list[Quote]]:
    """At most two quotes a language, of two reviews: one of each side where both were heard."""
    said: dict[str, list[tuple[tuple[bool, float, int, str], ReviewAspect]]] = defaultdict(list)
    for mention in mentions:
        for clause in mention.clauses:
            if len(clause.clause) <= QUOTE_CHARACTERS and clause.polarity:
                language = "zh" if has_han(clause.clause) else "en"
                said[language].append((_tells(clause, mention.suspected), clause))
    voices = {}
    for language, scored in said.items():
        ordered = [clause for _, clause in sorted(scored, key=lambda s: s[0], reverse=True)]
        with_it = [c for c in ordered if c.polarity * sign > 0]
        against = [c for c in ordered if c.polarity * sign < 0]
        # In one language there may be only those who saw it otherwise; they do not speak for all.
        if not with_it:
            continue
        first = with_it[0]
        rest = [c for c in (*against, *with_it) if c.review_id != first.review_id]
        chosen = [first, *rest][:QUOTES]
        voices[language] = [
            Quote(c.clause, c.review_id, 1 if c.polarity > 0 else -1) for c in chosen
        ]
    return voices


def _tells(clause: ReviewAspect, suspected: bool) -> tuple[bool, float, int, str]:
    """How well a clause serves as a quote: genuine, strong, then long enough to say why."""
    return not suspected, abs(clause.polarity), min(len(clause.clause), 80), clause.review_id
