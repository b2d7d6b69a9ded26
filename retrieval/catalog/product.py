"""The product record: what a catalogue holds, whatever feed it came from."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Language = str
"""``"en"`` or ``"zh"``; other feeds' languages pass through as their ISO 639-1 code."""

Identifier = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Attributes = dict[str, list[str]]
"""Attribute name (``color``, ``size``, ``material`` ...) to its values, in the catalogue's words.

Names are lower-case ``snake_case``; values keep the feed's spelling and are compared case-folded.
"""


class ProductText(BaseModel):
    """The texts of a product in one further language."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    description: str = ""
    category_path: list[str] = Field(default_factory=list)
    brand: str | None = None
    attributes: Attributes = Field(default_factory=dict)
    """Translated display values, parallel to the product's and variants' attributes: same names."""


class Variant(BaseModel):
    """One thing that can be bought: a size, a colour, a capacity."""

    model_config = ConfigDict(extra="forbid")

    sku: Identifier
    price: Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
    list_price: Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)] | None = None
    """The price before a reduction, where the feed gives one."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """What tells this variant from its siblings, e.g. ``{"size": "M", "color": "black"}``."""
    stock: Annotated[int, Field(ge=0)] | None = None
    """Pieces at hand; ``None`` when the feed only says whether it is in stock."""
    in_stock: bool = True
    image_url: str | None = None


class Product(BaseModel):
    """A product with at least one variant.

    ``rating`` and ``review_count`` are the feed's own figures; those computed from imported
    reviews take precedence wherever there are any.
    """

    model_config = ConfigDict(extra="forbid")

    id: Identifier
    title: Title
    description: str = ""
    language: Language = "en"
    category_path: list[str] = Field(default_factory=list)
    """From the department down, e.g. ``["Clothing", "Dresses", "Midi dresses"]``."""
    brand: str | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    attributes: Attributes = Field(default_factory=dict)
    """Attributes that hold for every variant, e.g. ``{"material": ["cotton"]}``."""
    tags: list[str] = Field(default_factory=list)
    variants: Annotated[list[Variant], Field(min_length=1)]
    translations: dict[Language, ProductText] = Field(default_factory=dict)
    image_url: str | None = None
    url: str | None = None
    rating: Annotated[float, Field(ge=0, le=5)] | None = None
    review_count: Annotated[int, Field(ge=0)] = 0
    margin: Annotated[float, Field(ge=0, le=1)] | None = None
    created_at: datetime | None = None

    @model_validator(mode="after")
    def _skus_are_unique(self) -> Self:
        if len({variant.sku for variant in self.variants}) < len(self.variants):
            raise ValueError("two variants have the same sku")
        return self

    @property
    def price(self) -> float:
        """The lowest price among variants in stock, or among all when none is."""
        return min(v.price for v in self.variants if v.in_stock or not self.in_stock)

    @property
    def in_stock(self) -> bool:
        return any(v.in_stock for v in self.variants)

    @property
    def department(self) -> str | None:
        """The first of its categories."""
        return self.category_path[0][:200] if self.category_path else None

    def text(self, language: Language) -> ProductText:
        """The product's texts in ``language``, or its own where there is no translation."""
        if language in self.translations:
            return self.translations[language]
        return ProductText(
            title=self.title,
            description=self.description,
            category_path=self.category_path,
            brand=self.brand,
            attributes=self.attributes,
        )

    def all_attributes(self) -> Attributes:
        """Product-level and variant-level attributes together, values in first-seen order."""
        merged: dict[str, dict[str, None]] = {
            k: dict.fromkeys(v) for k, v in self.attributes.items()
        }
        for variant in self.variants:
            for name, value in variant.attributes.items():
                merged.setdefault(name, {})[value] = None
        return {name: list(values) for name, values in merged.items()}
