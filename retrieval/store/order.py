"""The order record."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from retrieval.catalog.product import Identifier


class OrderStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURN_REQUESTED = "return_requested"
    RETURNED = "returned"
    EXCHANGE_REQUESTED = "exchange_requested"


class OrderLine(BaseModel):
    """One line: title and unit price as they were on the day of the order."""

    model_config = ConfigDict(extra="forbid")

    product_id: Identifier
    sku: Identifier
    title: str
    quantity: Annotated[int, Field(ge=1, le=100_000)] = 1
    unit_price: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Order(BaseModel):
    """An order of one customer."""

    model_config = ConfigDict(extra="forbid")

    id: Identifier
    customer_id: Identifier
    status: OrderStatus
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    placed_at: datetime
    lines: list[OrderLine]
    attributes: dict[str, Any] = Field(default_factory=dict)
    """Address, payment, tracking number ...; JSON values only."""

    @property
    def total(self) -> float:
        """Sum of the lines in ``currency``; shipping is not part of it."""
        return round(sum(line.quantity * line.unit_price for line in self.lines), 2)
