"""What reviews and purchases come to over time, summed up by the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, case, func, literal, select

from retrieval.events.event import EventType
from retrieval.store.base import Sessions
from retrieval.store.review_store import day_of
from retrieval.store.tables import (
    EventRow,
    ProductRow,
    ReviewAspectRow,
    ReviewRow,
    ReviewSuspicionRow,
)

By = Literal["shop", "department", "product", "aspect"]
TONE = func.coalesce(ReviewRow.polarity, (ReviewRow.rating - 3) / 2.0)
"""What a review says on the whole: its text where that judges anything, else its stars."""


@dataclass(frozen=True, slots=True)
class DaySum:
    """The reviews of one series on one day; ``total`` is the sum of their polarities."""

    key: str
    day: int
    reviews: int
    positive: int
    negative: int
    total: float


@dataclass(frozen=True, slots=True)
class Said:
    """What one review says of one aspect, or, with an empty aspect, on the whole."""

    review_id: str
    product_id: str
    department: str | None
    aspect: str
    day: int
    polarity: float
    suspected: bool


@dataclass(frozen=True, slots=True)
class CustomerDay:
    """That a customer bought something on a day (since 1970-01-01 UTC)."""

    customer_id: str
    day: int


class InsightStore:
    """Sums over reviews and events; reads only."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def daily(
        self,
        by: By,
        *,
        department: str | None = None,
        product_id: str | None = None,
        aspect: str | None = None,
        since: int | None = None,
    ) -> list[DaySum]:
        """Sums by series and day, in order; of reviews on the whole, or of those that speak of an
        aspect where one is given or ``by`` is ``aspect``."""
        query = self._aspect_sums(by, aspect) if aspect or by == "aspect" else self._review_sums(by)
        source = ReviewAspectRow if aspect or by == "aspect" else ReviewRow
        if department is not None or by == "department":
            query = query.join(ProductRow, ProductRow.id == source.product_id)
        if department is not None:
            query = query.where(ProductRow.department == department)
        if product_id is not None:
            query = query.where(source.product_id == product_id)
        if since is not None and source is ReviewAspectRow:
            query = query.where(ReviewAspectRow.day >= since)
        elif since is not None:
            query = query.where(ReviewRow.at >= datetime.fromtimestamp(since * 86_400, UTC))
        with self._sessions() as session:
            rows = session.execute(query).all()
        found = [
            DaySum(
                key or "",
                day_number_of(day),
                count,
                int(good or 0),
                int(bad or 0),
                float(total or 0),
            )
            for key, day, count, good, bad, total in rows
        ]
        return sorted(found, key=lambda one: (one.key, one.day))

    def _aspect_sums(self, by: By, aspect: str | None) -> Select[Any]:
        polarity = ReviewAspectRow.polarity
        query = select(
            _series(by, ReviewAspectRow.product_id),
            ReviewAspectRow.day,
            func.count(func.distinct(ReviewAspectRow.review_id)),
            func.count(func.distinct(case((polarity > 0, ReviewAspectRow.review_id)))),
            func.count(func.distinct(case((polarity < 0, ReviewAspectRow.review_id)))),
            # The mean over clauses, counted once for each review.
            func.avg(polarity) * func.count(func.distinct(ReviewAspectRow.review_id)),
        ).group_by(_series(by, ReviewAspectRow.product_id), ReviewAspectRow.day)
        return query.where(ReviewAspectRow.aspect == aspect) if aspect else query

    def _review_sums(self, by: By) -> Select[Any]:
        day = date_of(ReviewRow.at)
        return select(
            _series(by, ReviewRow.product_id),
            day,
            func.count(),
            func.sum(case((TONE > 0, 1), else_=0)),
            func.sum(case((TONE < 0, 1), else_=0)),
            func.sum(TONE),
        ).group_by(_series(by, ReviewRow.product_id), day)

    def said(self, batch: int = 10_000) -> Iterator[Said]:
        """What every review says of each aspect and on the whole, in the order of days."""
        suspected = select(ReviewSuspicionRow.review_id).distinct()
        with self._sessions() as session:
            doubtful = set(session.scalars(suspected))
            rows = session.execute(select(ProductRow.id, ProductRow.department)).all()
        departments = {row.id: row.department for row in rows}
        whole = self._pages(
            select(ReviewRow.id, ReviewRow.product_id, ReviewRow.at, TONE),
            (ReviewRow.at, ReviewRow.id),
            batch,
        )
        single = self._pages(
            select(
                ReviewAspectRow.review_id,
                ReviewAspectRow.product_id,
                ReviewAspectRow.day,
                ReviewAspectRow.polarity,
                ReviewAspectRow.aspect,
                ReviewAspectRow.id,
            ),
            (ReviewAspectRow.day, ReviewAspectRow.id),
            batch,
        )
        for review, product, moment, tone in whole:
            yield Said(
                review,
                product,
                departments.get(product),
                "",
                day_of(moment),
                tone,
                review in doubtful,
            )
        last: tuple[str, str] | None = None
        for review, product, day, polarity, aspect, _ in single:
            if last == (review, aspect):
                continue
            last = (review, aspect)
            yield Said(
                review,
                product,
                departments.get(product),
                aspect,
                day,
                polarity,
                review in doubtful,
            )

    def _pages(self, query: Any, order: tuple[Any, Any], batch: int) -> Iterator[Any]:
        """Rows by two ascending columns, ``batch`` at a time, no transaction held open."""
        first, second = order
        names = (first.key, second.key)
        page = query.order_by(first, second).limit(batch)
        last: tuple[Any, ...] | None = None
        while True:
            now = page
            if last is not None:
                now = page.where((first > last[0]) | ((first == last[0]) & (second > last[1])))
            with self._sessions() as session:
                rows = session.execute(now).all()
            if not rows:
                return
            yield from rows
            last = tuple(getattr(rows[-1], name) for name in names)

    def mark(self) -> tuple[int, int]:
        """Changes whenever reviews were read: how many are, and the newest thing read in one."""
        read = select(func.count()).where(ReviewRow.analysed_by.is_not(None))
        with self._sessions() as session:
            newest = session.scalar(select(func.max(ReviewAspectRow.id)))
            return session.scalar(read) or 0, newest or 0

    def purchases(self) -> list[CustomerDay]:
        """Who bought on which day, each once, in order."""
        day = date_of(EventRow.at)
        query = (
            select(EventRow.customer_id, day)
            .where(EventRow.type == EventType.PURCHASE.value)
            .distinct()
        )
        with self._sessions() as session:
            rows = session.execute(query).all()
        found = [CustomerDay(customer, day_number_of(moment)) for customer, moment in rows]
        return sorted(found, key=lambda one: (one.day, one.customer_id))

    def satisfaction(self) -> dict[str, tuple[int, int, float]]:
        """Of each customer who wrote reviews on the day of the first purchase or later: how many,
        with four stars or more, and mean stars."""
        begun = (
            select(EventRow.customer_id, func.min(date_of(EventRow.at)).label("day"))
            .where(EventRow.type == EventType.PURCHASE.value)
            .group_by(EventRow.customer_id)
            .subquery()
        )
        good = func.sum(case((ReviewRow.rating >= 4, 1), else_=0))
        query = (
            select(ReviewRow.customer_id, func.count(), good, func.avg(ReviewRow.rating))
            .join(begun, begun.c.customer_id == ReviewRow.customer_id)
            .where(date_of(ReviewRow.at) >= begun.c.day)
            .group_by(ReviewRow.customer_id)
        )
        with self._sessions() as session:
            return {
                customer: (count, int(happy), float(stars))
                for customer, count, happy, stars in session.execute(query)
            }


def _series(by: By, product_id: Any) -> ColumnElement[Any]:
    columns: dict[By, Any] = {
        "shop": literal(""),
        "department": ProductRow.department,
        "product": product_id,
        "aspect": ReviewAspectRow.aspect,
    }
    found: ColumnElement[Any] = columns[by]
    return found


def date_of(moment: Any) -> ColumnElement[Any]:
    """The date of a moment: a text on SQLite, which has no dates, and a date on PostgreSQL."""
    found: ColumnElement[Any] = func.date(moment)
    return found


def day_number_of(found: Any) -> int:
    """Days since 1970-01-01 from what the database gave: a number, a date, or its text."""
    if isinstance(found, int):
        return found
    text = found if isinstance(found, str) else found.isoformat()
    return day_of(datetime.fromisoformat(text[:10]).replace(tzinfo=UTC))
