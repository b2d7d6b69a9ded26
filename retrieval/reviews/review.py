"""The review record."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from retrieval.catalog.product import Identifier, Language


class Review(BaseModel):
    """One customer's review of one product. The text is untrusted and always shown escaped."""

    model_config = ConfigDict(extra="forbid")

    id: Identifier
    product_id: Identifier
    customer_id: str | None = None
    rating: Annotated[int, Field(ge=1, le=5)]
    title: str = ""
    text: str = ""
    language: Language = "en"
    at: datetime
