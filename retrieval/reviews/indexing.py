"""Finds the aspects of reviews that have not been read yet, and stores them."""

import logging
from collections.abc import Callable

from retrieval.reviews.aspects import extract, method_fingerprint
from retrieval.reviews.review import Review
from retrieval.store.review_store import ReviewAspect, ReviewStore

log = logging.getLogger(__name__)


def index_reviews(
    store: ReviewStore, progress: Callable[[int], None] = lambda read: None, batch: int = 500
) -> int:
    """Reads every review that is new, changed, or was read by an older method; how many.

    ``progress`` gets the number of reviews read so far after each batch. It can be stopped at any
    time: what is stored stays, and the next call goes on from there.
    """
    analyser, read = method_fingerprint(), 0
    while reviews := store.unanalysed(analyser, limit=batch):
        store.replace_aspects(analyser, {review.id: aspects_of(review) for review in reviews})
        read += len(reviews)
        progress(read)
    log.info("read the aspects of %d reviews", read)
    return read


def aspects_of(review: Review) -> list[ReviewAspect]:
    """The opinions of one review, title and text."""
    return [
        ReviewAspect(review.id, review.product_id, m.aspect, m.polarity, m.clause)
        for part in (review.title, review.text)
        for m in extract(part)
    ]
