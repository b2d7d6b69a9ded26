"""Reviews and the aspects found in them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, or_, select, update

from retrieval.reviews.review import Review
from retrieval.store.base import Sessions, as_utc
from retrieval.store.bulk import Row, UpsertCounts, chunks, differing, write
from retrieval.store.tables import (
    OwnAspectRow,
    ProductRow,
    ReviewAspectRow,
    ReviewRow,
    ReviewSuspicionRow,
)

_COLUMNS = tuple(getattr(ReviewRow, name) for name in Review.model_fields)


@dataclass(frozen=True, slots=True)
class ReviewAspect:
    """What one clause of a review says of one aspect; ``polarity`` in [-1, 1].

    ``day`` is the review's date in days since 1970-01-01 UTC.
    """

    review_id: str
    product_id: str
    aspect: str
    polarity: float
    clause: str
    day: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What an analyser read in one review; see ``ReviewRow`` for the last two."""

    aspects: Sequence[ReviewAspect] = ()
    polarity: float | None = None
    text_print: str | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a review may not be genuine: ``burst``, ``duplicate`` or ``mismatch``.

    ``because`` holds the grounds, among them ``reviews``: the ids of the others it rests on.
    """

    review_id: str
    kind: str
    product_id: str
    because: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OwnAspect:
    """An aspect that a merchant took over for one department; ``labels`` by language."""

    department: str
    name: str
    words: tuple[str, ...]
    labels: dict[str, str]


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

    def preview_many(self, reviews: Iterable[Review], batch: int = 2000) -> UpsertCounts:
        """What ``upsert_many`` would count, with nothing changed."""
        counts = UpsertCounts()
        for chunk in chunks(reviews, batch):
            rows = [_row(review) for review in {r.id: r for r in chunk}.values()]
            with self._sessions() as session:
                counts.add(differing(session, ReviewRow, "id", rows)[1])
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
        # Those of one product together: what is looked at per product is looked at once.
        return self._select(missing, order=(ReviewRow.product_id, ReviewRow.id), limit=limit)

    def keep_readings(self, analyser: str, found: Mapping[str, Reading], batch: int = 500) -> None:
        """Store what was read in whole reviews, by review id, in place of what was before."""
        for chunk in chunks(found, batch):
            read = [
                {
                    "id": key,
                    "analysed_by": analyser,
                    "polarity": found[key].polarity,
                    "text_print": found[key].text_print,
                }
                for key in chunk
            ]
            with self._sessions.begin() as session:
                session.execute(update(ReviewRow), read)
                session.execute(delete(ReviewAspectRow).where(ReviewAspectRow.review_id.in_(chunk)))
                rows = [_aspect_row(aspect) for key in chunk for aspect in found[key].aspects]
                if rows:
                    session.execute(insert(ReviewAspectRow), rows)

    def read_again(self, department: str) -> None:
        """Forget that the reviews of a department's products were read."""
        sold = select(ProductRow.id).where(ProductRow.department == department)
        with self._sessions.begin() as session:
            session.execute(
                update(ReviewRow).where(ReviewRow.product_id.in_(sold)).values(analysed_by=None)
            )

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

    # Departments, own aspects and suspicions

    def departments(self, product_ids: Collection[str] | None = None) -> dict[str, str]:
        """Department by product id, of all products or of those named, where they have one."""
        query = select(ProductRow.id, ProductRow.department)
        queries = [query]
        if product_ids is not None:
            queries = [query.where(ProductRow.id.in_(chunk)) for chunk in chunks(product_ids)]
        with self._sessions() as session:
            found = (row for one in queries for row in session.execute(one))
            return {key: department for key, department in found if department is not None}

    def of_department(self, department: str | None, batch: int = 2000) -> Iterator[Review]:
        """All reviews of a department's products by ascending id, or all there are."""
        sold = select(ProductRow.id).where(ProductRow.department == department)
        last = ""
        while True:
            condition = ReviewRow.id > last
            if department is not None:
                condition = and_(condition, ReviewRow.product_id.in_(sold))
            found = self._select(condition, limit=batch)
            if not found:
                return
            yield from found
            last = found[-1].id

    def newest(self) -> datetime | None:
        """Date of the newest review; ``None`` where there is none."""
        with self._sessions() as session:
            return session.scalar(select(func.max(ReviewRow.at)))

    def of_products(self, product_ids: Collection[str]) -> list[tuple[Review, float | None]]:
        """All reviews of these products, oldest first, with what their texts say on the whole."""
        found: list[tuple[Review, float | None]] = []
        with self._sessions() as session:
            for chunk in chunks(product_ids):
                query = select(ReviewRow.polarity, *_COLUMNS).where(ReviewRow.product_id.in_(chunk))
                for row in session.execute(query.order_by(ReviewRow.at, ReviewRow.id)).mappings():
                    values = {name: row[name] for name in Review.model_fields}
                    found.append((Review.model_construct(**values), row["polarity"]))
        return found

    def same_texts(self, product_ids: Collection[str]) -> dict[str, list[Review]]:
        """Reviews by text print, of prints that occur among these products and more than once."""
        found: dict[str, list[Review]] = {}
        for chunk in chunks(product_ids):
            here = select(ReviewRow.text_print).where(ReviewRow.product_id.in_(chunk))
            twice = (
                select(ReviewRow.text_print)
                .where(ReviewRow.text_print.is_not(None), ReviewRow.text_print.in_(here))
                .group_by(ReviewRow.text_print)
                .having(func.count() > 1)
            )
            with self._sessions() as session:
                query = select(ReviewRow.text_print, *_COLUMNS).where(
                    ReviewRow.text_print.in_(twice)
                )
                for row in session.execute(query.order_by(ReviewRow.at, ReviewRow.id)).mappings():
                    review = Review.model_construct(**{n: row[n] for n in Review.model_fields})
                    known = found.setdefault(row["text_print"], [])
                    if review.id not in {r.id for r in known}:
                        known.append(review)
        return found

    def daily_counts(self) -> dict[int, int]:
        """Reviews of the whole shop by day since 1970-01-01 UTC."""
        counts: Counter[int] = Counter()
        with self._sessions() as session:
            for moment in session.scalars(select(ReviewRow.at)):
                counts[day_of(moment)] += 1
        return counts

    def replace_suspicions(self, product_ids: Collection[str], found: Iterable[Suspicion]) -> None:
        """Store the suspicions on the reviews of these products, in place of those before."""
        rows = [{name: getattr(s, name) for name in Suspicion.__slots__} for s in found]
        with self._sessions.begin() as session:
            for chunk in chunks(product_ids):
                gone = delete(ReviewSuspicionRow).where(ReviewSuspicionRow.product_id.in_(chunk))
                session.execute(gone)
            write(session, ReviewSuspicionRow, rows)

    def suspicions(self, product_ids: Collection[str] | None = None) -> list[Suspicion]:
        """All suspicions, or those on reviews of these products."""
        columns = [getattr(ReviewSuspicionRow, name) for name in Suspicion.__slots__]
        query = select(*columns).order_by(ReviewSuspicionRow.review_id, ReviewSuspicionRow.kind)
        with self._sessions() as session:
            if product_ids is None:
                return [Suspicion(*row) for row in session.execute(query)]
            return [
                Suspicion(*row)
                for chunk in chunks(product_ids)
                for row in session.execute(query.where(ReviewSuspicionRow.product_id.in_(chunk)))
            ]

    def own_aspects(self) -> list[OwnAspect]:
        """The aspects that the merchant took over, by department."""
        order = (OwnAspectRow.department, OwnAspectRow.name)
        with self._sessions() as session:
            return [
                OwnAspect(row.department, row.name, tuple(row.words), dict(row.labels))
                for row in session.scalars(select(OwnAspectRow).order_by(*order))
            ]

    def keep_own_aspect(self, aspect: OwnAspect) -> None:
        """Take an aspect over, or change it; the reviews of its department are read again."""
        row = {
            "department": aspect.department,
            "name": aspect.name,
            "words": list(aspect.words),
            "labels": aspect.labels,
            "at": datetime.now(UTC),
        }
        with self._sessions.begin() as session:
            write(session, OwnAspectRow, [row])
        self.read_again(aspect.department)

    def drop_own_aspect(self, department: str, name: str) -> bool:
        """Give an aspect up again; ``False`` where there is none."""
        gone = delete(OwnAspectRow).where(
            OwnAspectRow.department == department, OwnAspectRow.name == name
        )
        with self._sessions.begin() as session:
            found = session.scalars(gone.returning(OwnAspectRow.name)).all()
        if found:
            self.read_again(department)
        return bool(found)

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


def day_of(moment: datetime) -> int:
    """Days since 1970-01-01 UTC."""
    return int(as_utc(moment).timestamp() // 86_400)


def _row(review: Review) -> Row:
    return {**review.__dict__, "at": as_utc(review.at)}


def _aspect_row(aspect: ReviewAspect) -> Row:
    return {name: getattr(aspect, name) for name in ReviewAspect.__slots__}
