"""The customer record."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from retrieval.catalog.product import Identifier


class Customer(BaseModel):
    """Someone the shop knows. Their behaviour is in the events, their purchases in the orders."""

    model_config = ConfigDict(extra="forbid")

    id: Identifier
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    locale: Literal["auto", "en", "zh"] = "auto"
    personalise: bool = True
    """False: this customer's behaviour is not used to rank."""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """Anything else the shop keeps: e-mail, address, membership. JSON values only."""
