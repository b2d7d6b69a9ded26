"""A merchant's paid placement."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from retrieval.catalog.product import Identifier

MICRO = 1_000_000
"""Money is kept in millionths of the currency, so that sums are exact."""
LEAST_BID = MICRO // 1000

State = Literal["active", "paused", "ended"]
Money = Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Targeting(BaseModel):
    """Where a campaign's products may be placed; empty lists leave it open."""

    model_config = ConfigDict(extra="forbid")

    categories: Annotated[list[Words], Field(max_length=50)] = Field(default_factory=list)
    """Names of categories: the shopper asked for one of them."""
    keywords: Annotated[list[Words], Field(max_length=50)] = Field(default_factory=list)
    """Words of which the shopper's query has one."""


class CampaignDraft(BaseModel):
    """A campaign as the merchant writes it. Money is in the shop's currency."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    advertiser: Words
    """Who pays; shoppers are told."""
    product_ids: Annotated[list[Identifier], Field(min_length=1, max_length=500)]
    bid: Annotated[float, Field(ge=LEAST_BID / MICRO, le=100_000, allow_inf_nan=False)]
    """The most that one click may cost."""
    budget: Money
    """For all days together."""
    starts_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    ends_at: AwareDatetime
    targeting: Targeting = Field(default_factory=Targeting)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must come after starts_at")
        if self.ends_at - self.starts_at > timedelta(days=3660):
            raise ValueError("a campaign may last ten years at most")
        if self.bid > self.budget:
            raise ValueError("the bid must not be above the budget")
        return self


class Campaign(CampaignDraft):
    """A campaign as it is kept."""

    id: str
    state: State = "active"
    spent: float = 0.0
    spent_today: float = 0.0
    created_at: datetime


def micros(amount: float) -> int:
    """An amount of money in millionths."""
    return round(amount * MICRO)
