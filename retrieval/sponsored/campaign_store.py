"""Campaigns, what was shown for money, and what it cost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from retrieval.errors import CampaignNotFoundError
from retrieval.sponsored.campaign import MICRO, Campaign, CampaignDraft, State, micros
from retrieval.sponsored.pacing import day_allowance, day_number
from retrieval.store.base import Sessions, as_utc
from retrieval.store.tables import CampaignRow, PlacementRow

CLICKED_WITHIN = timedelta(days=1)
"""A click later than this after the product was shown costs nothing."""
_DOCUMENT = {"name", "advertiser", "product_ids", "targeting"}


@dataclass(frozen=True, slots=True)
class Running:
    """What the auction needs of a campaign; money in millionths."""

    id: str
    advertiser: str
    product_ids: Sequence[str]
    categories: Sequence[str]
    keywords: Sequence[str]
    bid: int
    budget: int
    spent: int
    spent_today: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A product shown for money, and the price of a click on it."""

    campaign_id: str
    product_id: str
    price: int


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """What came of a campaign; ``cost`` in the shop's currency."""

    shown: int
    clicked: int
    cost: float


class CampaignStore:
    """Campaigns by id. What is spent is only ever changed here, in a transaction."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def create(self, draft: CampaignDraft) -> Campaign:
        """Keep a new campaign; it is active at once."""
        row = CampaignRow(
            id=f"cm_{uuid4().hex[:20]}",
            state="active",
            spent=0,
            day=0,
            spent_today=0,
            created_at=datetime.now(UTC),
        )
        _write(row, draft)
        with self._sessions.begin() as session:
            session.add(row)
            return _campaign(row)

    def all(self) -> list[Campaign]:
        """Every campaign, the newest first."""
        query = select(CampaignRow).order_by(CampaignRow.created_at.desc(), CampaignRow.id)
        with self._sessions() as session:
            return [_campaign(row) for row in session.scalars(query)]

    def get(self, campaign_id: str) -> Campaign:
        """Raises ``CampaignNotFoundError``."""
        with self._sessions() as session:
            return _campaign(_locked(session, campaign_id))

    def change(self, campaign_id: str, draft: CampaignDraft, state: State) -> Campaign:
        """Replace what the merchant wrote; what was spent stays.

        Raises ``CampaignNotFoundError``, and ``ValueError`` where the new budget is below what was
        spent already.
        """
        with self._sessions.begin() as session:
            row = _locked(session, campaign_id)
            if micros(draft.budget) < row.spent:
                raise ValueError("The budget is below what was spent already.")
            _write(row, draft)
            row.state = state
            return _campaign(row)

    def end(self, campaign_id: str) -> Campaign:
        """End a campaign for good; it stays in the books. Raises ``CampaignNotFoundError``."""
        with self._sessions.begin() as session:
            row = _locked(session, campaign_id)
            row.state = "ended"
            return _campaign(row)

    def figures(self) -> dict[str, CampaignFigures]:
        """What came of each campaign that was shown at all."""
        query = select(
            PlacementRow.campaign_id,
            func.count(),
            func.count(PlacementRow.clicked_at),
            func.sum(PlacementRow.charged),
        ).group_by(PlacementRow.campaign_id)
        with self._sessions() as session:
            return {
                key: CampaignFigures(shown, clicked, int(cost or 0) / MICRO)
                for key, shown, clicked, cost in session.execute(query)
            }

    # What the auction reads and writes

    def running(self, now: datetime) -> list[Running]:
        """Active campaigns within their dates that have money left."""
        query = select(CampaignRow).where(
            CampaignRow.state == "active",
            CampaignRow.starts_at <= now,
            CampaignRow.ends_at > now,
            CampaignRow.spent < CampaignRow.budget,
        )
        with self._sessions() as session:
            return [_running(row, day_number(now)) for row in session.scalars(query)]

    def place(self, placed: Sequence[Placed], customer_id: str | None, at: datetime) -> None:
        """Keep what was shown; nothing is charged yet."""
        rows = [
            {
                "campaign_id": one.campaign_id,
                "product_id": one.product_id,
                "customer_id": customer_id,
                "price": one.price,
                "at": at,
                "clicked_at": None,
                "charged": 0,
            }
            for one in placed
        ]
        with self._sessions.begin() as session:
            session.execute(insert(PlacementRow), rows)

    def placed_among(self, product_ids: Collection[str], now: datetime) -> set[str]:
        """Which of some products were shown for money lately and not clicked yet."""
        query = select(PlacementRow.product_id).where(
            PlacementRow.product_id.in_(product_ids), *_open(now)
        )
        with self._sessions() as session:
            return set(session.scalars(query.distinct()))

    def click(self, product_id: str, customer_id: str, now: datetime) -> int:
        """Charge for the click on what this customer, or one not signed in, was shown last.

        What was charged, in millionths: 0 where nothing was shown, it was clicked before, or the
        money of the day or of the whole campaign does not reach. One transaction, which holds the
        campaign's row: however many clicks come at once, no budget is overspent.
        """
        shown = (
            select(PlacementRow.id, PlacementRow.campaign_id, PlacementRow.price)
            .where(
                PlacementRow.product_id == product_id,
                or_(PlacementRow.customer_id == customer_id, PlacementRow.customer_id.is_(None)),
                *_open(now),
            )
            .order_by(PlacementRow.customer_id.is_(None), PlacementRow.id.desc())
            .limit(1)
        )
        with self._sessions.begin() as session:
            found = session.execute(shown).one_or_none()
            if found is None:
                return 0
            taken = session.execute(
                update(PlacementRow)
                .where(PlacementRow.id == found.id, PlacementRow.clicked_at.is_(None))
                .values(clicked_at=now)
                .returning(PlacementRow.id)
            ).one_or_none()
            if taken is None:
                return 0
            charged = _charge(session, found.campaign_id, found.price, now)
            if charged:
                done = update(PlacementRow).where(PlacementRow.id == found.id)
                session.execute(done.values(charged=charged))
            return charged

    # Personal data

    def export(self, customer_id: str) -> list[dict[str, Any]]:
        """What a customer was shown for money."""
        query = select(PlacementRow).where(PlacementRow.customer_id == customer_id)
        with self._sessions() as session:
            return [
                {"product_id": row.product_id, "at": row.at.isoformat(), "clicked_at":
                 row.clicked_at.isoformat() if row.clicked_at else None}
                for row in session.scalars(query.order_by(PlacementRow.id))
            ]  # fmt: skip

    def forget(self, customer_id: str) -> None:
        """Forget who was shown what. What was charged stays in the books; the rest is deleted."""
        own = PlacementRow.customer_id == customer_id
        with self._sessions.begin() as session:
            session.execute(delete(PlacementRow).where(own, PlacementRow.charged == 0))
            session.execute(update(PlacementRow).where(own).values(customer_id=None))


def _charge(session: Session, campaign_id: str, price: int, now: datetime) -> int:
    row = _locked(session, campaign_id)
    today = day_number(now)
    spent_today = row.spent_today if row.day == today else 0
    allowance = day_allowance(row.budget, row.spent - spent_today, now, as_utc(row.ends_at))
    if row.spent + price > row.budget or spent_today + price > max(allowance, price):
        return 0
    row.spent += price
    row.day, row.spent_today = today, spent_today + price
    return price


def _open(now: datetime) -> tuple[Any, Any]:
    return PlacementRow.clicked_at.is_(None), PlacementRow.at >= now - CLICKED_WITHIN


def _locked(session: Session, campaign_id: str) -> CampaignRow:
    """The row, read anew and held until the end of a transaction that writes."""
    query = select(CampaignRow).where(CampaignRow.id == campaign_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise CampaignNotFoundError("There is no such campaign.")
    return row


def _write(row: CampaignRow, draft: CampaignDraft) -> None:
    row.document = draft.model_dump(mode="json", include=_DOCUMENT)
    row.bid, row.budget = micros(draft.bid), micros(draft.budget)
    row.starts_at, row.ends_at = as_utc(draft.starts_at), as_utc(draft.ends_at)


def _campaign(row: CampaignRow) -> Campaign:
    today = day_number(datetime.now(UTC))
    return Campaign(
        **row.document,
        id=row.id,
        state=row.state,
        bid=row.bid / MICRO,
        budget=row.budget / MICRO,
        spent=row.spent / MICRO,
        spent_today=(row.spent_today if row.day == today else 0) / MICRO,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
    )


def _running(row: CampaignRow, today: int) -> Running:
    targeting = row.document["targeting"]
    return Running(
        id=row.id,
        advertiser=row.document["advertiser"],
        product_ids=row.document["product_ids"],
        categories=[name.casefold() for name in targeting["categories"]],
        keywords=[word.casefold() for word in targeting["keywords"]],
        bid=row.bid,
        budget=row.budget,
        spent=row.spent,
        spent_today=row.spent_today if row.day == today else 0,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )
