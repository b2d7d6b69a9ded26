"""Reviews and the aspects found in them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, delete, func, insert, or_, select, update

from retrieval.reviews.review import Review
from retrieval.store.base import Sessions, as_utc
from retrieval.store.bulk import Row, UpsertCounts, chunks, differing, write
from retrieval.store.tables import ReviewAspectRow, ReviewRow

_COLUMNS = tuple(getattr(ReviewRow, name) for name in Review.model_fields)


@dataclass(frozen=True, slots=True)
class ReviewAspect:
    """What one clause of a review says of one aspect; ``polarity`` in [-1, 1]."""

    review_id: str
    product_id: str
    aspect: str
    polarity: float
    clause: str


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """Stars of one product: 4 and 5 count as positive, 1 and 2 as negative."""

    count: int
    mean: float
    positive: int
    negative: int


class ReviewStore:
    """Reviews by product and in bulk, and their aspects."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def upsert_many(self, reviews: Iterable[Review], batch: int = 2000) -> UpsertCounts:
        """Create or overwrite reviews; the aspects of a review that changed are forgotten."""
        counts = UpsertCounts()
        for chunk in chunks(reviews, batch):
            rows = [_row(review) for review in {r.id: r for r in chunk}.values()]
            with self._sessions.begin() as session:
                changed, found = differing(session, ReviewRow, "id", rows)
                counts.add(found)
                if found.updated:
                    for part in chunks([row["id"] for row in changed]):
                        gone = delete(ReviewAspectRow).where(ReviewAspectRow.review_id.in_(part))
                        session.execute(gone)
                write(session, ReviewRow, [row | {"analysed_by": None} for row in changed])
        return counts

    def get_many(self, review_ids: Collection[str]) -> dict[str, Review]:
        found: dict[str, Review] = {}
        for chunk in chunks(review_ids):
            found.update((r.id, r) for r in self._select(ReviewRow.id.in_(chunk)))
        return found

    def for_product(self, product_id: str, limit: int = 100) -> list[Review]:
        """Reviews of a product, newest first."""
        newest = (ReviewRow.at.desc(), ReviewRow.id)
        return self._select(ReviewRow.product_id == product_id, order=newest, limit=limit)

    def of_customer(self, customer_id: str) -> list[Review]:
        """All reviews that a customer wrote."""
        return self._select(ReviewRow.customer_id == customer_id)

    def scan(self, batch: int = 2000) -> Iterator[Review]:
        """All reviews by ascending id, ``batch`` in memory at a time."""
        last = ""
        while found := self._select(ReviewRow.id > last, limit=batch):
            yield from found
            last = found[-1].id

    def count(self) -> int:
        with self._sessions() as session:
            return session.scalar(select(func.count(ReviewRow.id))) or 0

    def ratings(self, product_ids: Collection[str] | None = None) -> dict[str, RatingSummary]:
        """Stars by product, of all or of those named; products without reviews are absent."""
        if product_ids is None:
            return self._ratings()
        found: dict[str, RatingSummary] = {}
        for chunk in chunks(product_ids):
            found |= self._ratings(ReviewRow.product_id.in_(chunk))
        return found

    def erase(self, customer_id: str) -> int:
        """Delete the reviews of a customer, and with them their aspects; how many."""
        with self._sessions.begin() as session:
            gone = delete(ReviewRow).where(ReviewRow.customer_id == customer_id)
            return len(session.scalars(gone.returning(ReviewRow.id)).all())

    def forget_author(self, customer_id: str) -> int:
        """Keep a customer's reviews without saying whose they are; how many."""
        mine = update(ReviewRow).where(ReviewRow.customer_id == customer_id)
        with self._sessions.begin() as session:
            anonymous = mine.values(customer_id=None).returning(ReviewRow.id)
            return len(session.scalars(anonymous).all())

    # Aspects

    def unanalysed(self, analyser: str, limit: int = 1000) -> list[Review]:
        """Reviews whose aspects were not yet found by the analyser with this fingerprint."""
        missing = or_(ReviewRow.analysed_by.is_(None), ReviewRow.analysed_by != analyser)
        return self._select(missing, limit=limit)

    def replace_aspects(
        self, analyser: str, found: Mapping[str, Sequence[ReviewAspect]], batch: int = 500
    ) -> None:
        """Store the aspects of whole reviews, by review id; an empty sequence says "none found"."""
        for chunk in chunks(found, batch):
            with self._sessions.begin() as session:
                session.execute(
                    update(ReviewRow).where(ReviewRow.id.in_(chunk)).values(analysed_by=analyser)
                )
                session.execute(delete(ReviewAspectRow).where(ReviewAspectRow.review_id.in_(chunk)))
                rows = [_aspect_row(aspect) for key in chunk for aspect in found[key]]
                if rows:
                    session.execute(insert(ReviewAspectRow), rows)

    def aspects(self, product_ids: Collection[str]) -> dict[str, list[ReviewAspect]]:
        """Aspects by product; products of which none is known are absent."""
        found: dict[str, list[ReviewAspect]] = {}
        for chunk in chunks(product_ids):
            for aspect in self._aspects(ReviewAspectRow.product_id.in_(chunk)):
                found.setdefault(aspect.product_id, []).append(aspect)
        return found

    def scan_aspects(self, batch: int = 10_000) -> Iterator[ReviewAspect]:
        """All aspects in the order they were stored."""
        last = 0
        while True:
            query = (
                select(ReviewAspectRow.id, *_ASPECT_COLUMNS)
                .where(ReviewAspectRow.id > last)
                .order_by(ReviewAspectRow.id)
                .limit(batch)
            )
            with self._sessions() as session:
                rows = session.execute(query).all()
            if not rows:
                return
            yield from (ReviewAspect(*row[1:]) for row in rows)
            last = rows[-1][0]

    def _aspects(self, condition: Any) -> list[ReviewAspect]:
        query = select(*_ASPECT_COLUMNS).where(condition).order_by(ReviewAspectRow.id)
        with self._sessions() as session:
            return [ReviewAspect(*row) for row in session.execute(query)]

    def _select(
        self, condition: Any, order: Sequence[Any] = (ReviewRow.id,), limit: int | None = None
    ) -> list[Review]:
        query = select(*_COLUMNS).where(condition).order_by(*order).limit(limit)
        with self._sessions() as session:
            rows = session.execute(query).mappings().all()
        return [Review.model_construct(**row) for row in rows]

    def _ratings(self, *conditions: Any) -> dict[str, RatingSummary]:
        query = (
            select(
                ReviewRow.product_id,
                func.count(),
                func.sum(ReviewRow.rating),
                func.sum(case((ReviewRow.rating >= 4, 1), else_=0)),
                func.sum(case((ReviewRow.rating <= 2, 1), else_=0)),
            )
            .where(*conditions)
            .group_by(ReviewRow.product_id)
        )
        with self._sessions() as session:
            return {
                key: RatingSummary(count, int(stars) / count, int(positive), int(negative))
                for key, count, stars, positive, negative in session.execute(query)
            }


_ASPECT_COLUMNS = tuple(getattr(ReviewAspectRow, name) for name in ReviewAspect.__slots__)


def _row(review: Review) -> Row:
    return {**review.__dict__, "at": as_utc(review.at)}


def _aspect_row(aspect: ReviewAspect) -> Row:
    return {name: getattr(aspect, name) for name in ReviewAspect.__slots__}
