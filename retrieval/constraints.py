"""What a shopper wants, as the search understands it.

The field names are those of the HTTP contract; every part of the pipeline reads this one record.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Sort = Literal["relevance", "price_asc", "price_desc", "rating", "newest", "popular"]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


PRICE = "price"
"""What may be preferred and no review needs to tell."""


class Constraints(BaseModel):
    """Hard constraints, but for ``query`` and the ``prefer_...`` slots, which only rank.

    Attribute values are in the catalogue's own canonical spelling. Within one attribute the values
    are alternatives (black or navy); across attributes all must hold, and for one and the same
    variant. ``exclude`` also takes ``brand``, ``category`` and ``text`` (words that may not
    occur in the title).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str = ""
    """Free words left when everything understood is taken out; what the text search looks for."""
    category: str | None = None
    """A category's name in the catalogue ("Dresses") or an umbrella word; see ``Lexicon``."""
    price_min: Price | None = None
    price_max: Price | None = None
    currency: str | None = None
    rating_min: Annotated[float, Field(ge=0, le=5)] | None = None
    attributes: dict[str, list[str]] = Field(default_factory=dict)
    """Includes ``brand``: ``{"brand": ["Acme"], "color": ["black", "navy"]}``."""
    exclude: dict[str, list[str]] = Field(default_factory=dict)
    avoid_aspects: list[str] = Field(default_factory=list)
    """Review aspects on which a product must not be bad."""
    prefer_aspects: list[str] = Field(default_factory=list)
    """Review aspects that the shopper wants to be good, or ``price`` for what costs little."""
    prefer_attributes: dict[str, list[str]] = Field(default_factory=dict)
    """Soft wishes ("ideally in green")."""
    in_stock_only: bool = True
    sort: Sort = "relevance"

    @property
    def praised_aspects(self) -> list[str]:
        """Those of ``prefer_aspects`` that reviews tell of: all but the price."""
        return [aspect for aspect in self.prefer_aspects if aspect != PRICE]

    @property
    def is_frugal(self) -> bool:
        """Whether the shopper wants what costs little, without naming a sum."""
        return PRICE in self.prefer_aspects

    def is_empty(self) -> bool:
        """Whether nothing at all has been asked for."""
        return self == Constraints(
            currency=self.currency, in_stock_only=self.in_stock_only, sort=self.sort
        )
