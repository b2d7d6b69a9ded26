"""Which reviews may not be genuine: bursts, near-duplicates, stars against the text.

A suspicion is no verdict: the review stays, counts less (``DAMPING``), and the grounds are kept
with the ids of the reviews they rest on. The three signs are those of the literature on review
spam (Jindal & Liu 2008, "Opinion spam and analysis"; Xie et al. 2012, on bursts of singletons).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from math import exp

from retrieval.language import fold, has_han
from retrieval.lexicon.tokens import tokenise
from retrieval.reviews.review import Review
from retrieval.store.review_store import ReviewStore, Suspicion, day_of

DAMPING = 0.2
"""What a suspected review still counts."""

BURST_DAYS = 3
LEAST_BURST = 5
LEAST_USUAL = 5
"""Reviews outside the burst, without which nobody knows what is usual."""
BURST_CHANCE = 1e-6

ALIKE = 0.7
"""Jaccard similarity of the shingles of two texts."""
SHINGLE = {"en": 3, "zh": 4}
"""Words, or Chinese characters, in a shingle."""
LEAST_SHINGLES = 10
"""Shorter texts say the same by chance."""
COMMON_SHINGLE = 50
"""A shingle in more texts than this is a turn of phrase and compares nothing."""

MISMATCH = 0.5
NAMED = 20
"""Ids named in one suspicion, at most."""


def text_print(title: str, text: str) -> str | None:
    """Equal where two texts are, but for case and punctuation; ``None`` for short ones."""
    words = _words(f"{title} {text}")
    if len(_shingles(words)) < LEAST_SHINGLES:
        return None
    return blake2b(" ".join(words).encode(), digest_size=16).hexdigest()


def screen(store: ReviewStore, product_ids: Collection[str], volume: Mapping[int, int]) -> int:
    """Looks again at all reviews of these products and keeps what is suspected; how many are.

    ``volume`` counts the whole shop's reviews by day.
    """
    by_product: dict[str, list[Review]] = defaultdict(list)
    polarities: dict[str, float] = {}
    for review, polarity in store.of_products(product_ids):
        by_product[review.product_id].append(review)
        if polarity is not None:
            polarities[review.id] = polarity
    found: dict[tuple[str, str], Suspicion] = {}
    for reviews in by_product.values():
        for one in (*bursts(reviews, volume), *alike(reviews), *mismatches(reviews, polarities)):
            found[one.review_id, one.kind] = one
    for group in store.same_texts(product_ids).values():
        found |= {(s.review_id, s.kind): s for s in copied(group) if s.product_id in by_product}
    store.replace_suspicions(product_ids, found.values())
    return len({review for review, _ in found})


def bursts(reviews: Sequence[Review], volume: Mapping[int, int]) -> Iterator[Suspicion]:
    """Reviews of one leaning that come much closer together than the product's usually do.

    ``volume`` counts the whole shop's reviews by day: what a sale brings to every product alike
    is no burst. The chance is that of a Poisson process at the product's usual rate.
    """
    dated = sorted(reviews, key=lambda r: (r.at, r.id))
    days = [day_of(review.at) for review in dated]
    if not dated:
        return
    told: set[str] = set()
    mean = sum(volume.values()) / max(1, len(volume))
    for sign in (1, -1):
        leaning = [i for i, r in enumerate(dated) if (r.rating >= 4) - (r.rating <= 2) == sign]
        for start, first in enumerate(leaning):
            window = [i for i in leaning[start:] if days[i] < days[first] + BURST_DAYS]
            usual = len(leaning) - len(window)
            if len(window) < LEAST_BURST or usual < LEAST_USUAL:
                continue
            span = max(1, days[-1] - days[0] + 1 - BURST_DAYS)
            busy = max(volume.get(days[first] + n, 0) for n in range(BURST_DAYS)) / max(1.0, mean)
            expected = usual / span * BURST_DAYS * max(1.0, busy)
            if _tail(len(window), expected) > BURST_CHANCE:
                continue
            ids = [dated[i].id for i in window]
            because = {
                "count": len(window),
                "days": BURST_DAYS,
                "usual": round(expected, 2),
                "reviews": ids[:NAMED],
            }
            for i in window:
                if dated[i].id not in told:
                    told.add(dated[i].id)
                    yield Suspicion(dated[i].id, "burst", dated[i].product_id, because)


def alike(reviews: Sequence[Review]) -> Iterator[Suspicion]:
    """Texts on one product that are nearly the same as an earlier one."""
    posting: dict[str, list[int]] = defaultdict(list)
    prints: list[frozenset[str]] = []
    dated = sorted(reviews, key=lambda r: (r.at, r.id))
    for place, review in enumerate(dated):
        shingles = _shingles(_words(f"{review.title} {review.text}"))
        prints.append(shingles)
        if len(shingles) < LEAST_SHINGLES:
            continue
        shared = Counter(
            other for s in shingles if len(posting[s]) <= COMMON_SHINGLE for other in posting[s]
        )
        scored = [
            (common / (len(shingles) + len(prints[other]) - common), other)
            for other, common in shared.items()
        ]
        close = sorted((o for score, o in scored if score >= ALIKE))
        if close:
            because = {
                "similarity": round(max(score for score, _ in scored), 2),
                "reviews": [dated[o].id for o in close[:NAMED]],
            }
            yield Suspicion(review.id, "duplicate", review.product_id, because)
        for s in shingles:
            posting[s].append(place)


def copied(group: Sequence[Review]) -> Iterator[Suspicion]:
    """One text under several products by several people; who wrote it first is not suspected."""
    first = group[0]
    for review in group[1:]:
        same_hand = review.customer_id is not None and review.customer_id == first.customer_id
        if review.product_id == first.product_id or same_hand:
            continue
        because = {"similarity": 1.0, "reviews": [first.id]}
        yield Suspicion(review.id, "duplicate", review.product_id, because)


def mismatches(reviews: Iterable[Review], polarities: Mapping[str, float]) -> Iterator[Suspicion]:
    """Five stars over a text of complaints, or one star over praise."""
    for review in reviews:
        polarity = polarities.get(review.id, 0.0)
        stars = (review.rating >= 5) - (review.rating <= 1)
        if stars * polarity <= -MISMATCH:
            because = {"rating": review.rating, "polarity": round(polarity, 2), "reviews": []}
            yield Suspicion(review.id, "mismatch", review.product_id, because)


def _words(text: str) -> list[str]:
    return [t.key for t in tokenise(fold(text)) if t.key.isalnum()]


def _shingles(words: Sequence[str]) -> frozenset[str]:
    han = sum(1 for w in words if has_han(w)) * 2 > len(words)
    size = SHINGLE["zh" if han else "en"]
    return frozenset(" ".join(words[i : i + size]) for i in range(len(words) - size + 1))


def _tail(count: int, expected: float) -> float:
    """The chance of ``count`` or more where ``expected`` come on average."""
    term = total = exp(-expected)
    for n in range(1, count):
        term *= expected / n
        total += term
    return max(0.0, 1.0 - total)
