"""The behaviour event: what the ranking learns from."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from retrieval.catalog.product import Identifier


class EventType(StrEnum):
    IMPRESSION = "impression"
    VIEW = "view"
    CLICK = "click"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    PURCHASE = "purchase"


class Event(BaseModel):
    """One thing a customer did, as ``POST /v1/events`` takes it."""

    model_config = ConfigDict(extra="forbid")

    type: EventType
    conversation_id: str | None = None
    customer_id: Annotated[Identifier, Field(validate_default=True)] = ""
    """Who. Left out, the conversation stands for a shopper who is not signed in."""
    product_id: Identifier
    turn_id: str | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """Zero-based place in the list that was shown."""
    value: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    """Money for a purchase, quantity for a cart event."""
    query: Annotated[str, StringConstraints(max_length=2000)] | None = None
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @field_validator("customer_id", mode="before")
    @classmethod
    def _somebody(cls, value: object, info: ValidationInfo) -> object:
        return value or info.data.get("conversation_id") or ""
