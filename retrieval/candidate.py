"""The candidate bus: one record per product that travels from search to reply.

Search opens it, ranking, reviews and diversity add to it, and cards, prose, reasons, telemetry and
evals read it. Nothing may be said about a product that is not recorded here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from retrieval.catalog.product import Product, Variant

ReasonKind = Literal[
    "match", "price", "attribute", "history", "popular", "reviews", "diverse", "new", "sponsored"
]


@dataclass(slots=True)
class Satisfied:
    """A constraint and the product's own value that satisfied it."""

    name: str
    """``price_max``, ``category``, ``rating_min``, or an attribute's name."""
    wanted: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Quote:
    """A clause of a review, word for word; ``sign`` is 1 for praise, -1 for a complaint."""

    text: str
    review_id: str
    sign: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether later reviews judge an aspect otherwise than those before.

    ``recent`` and ``before`` are mean polarities in [-1, 1] over so many mentions each.
    """

    direction: Literal["better", "steady", "worse"]
    recent: float
    before: float
    recent_mentions: int
    before_mentions: int


@dataclass(slots=True)
class AspectEvidence:
    """What reviews say of one aspect of one product."""

    aspect: str
    sentiment: float
    """Mean polarity in [-1, 1], recent reviews first and suspected ones last, drawn towards what
    is usual in the department where few speak of it."""
    mentions: int
    positive: int
    negative: int
    quote: str | None = None
    review_id: str | None = None
    voices: dict[str, list[Quote]] = field(default_factory=dict)
    """Language → at most two quotes in it; the first speaks for the side that prevails."""
    low: float = -1.0
    """Between ``low`` and ``high`` the sentiment lies with a probability of 90 %."""
    high: float = 1.0
    usual: float = 0.0
    """Mean polarity of this aspect over the department's products."""
    trend: Trend | None = None
    """``None`` where too few speak of it before or lately."""
    suspected: int = 0
    """Mentions in reviews that may not be genuine; they are counted, and weigh less."""

    def quote_in(self, language: str) -> tuple[str | None, str | None]:
        """A quote with its review's id, in ``language`` where somebody wrote in it."""
        spoken = self.voices.get(language)
        return (spoken[0].text, spoken[0].review_id) if spoken else (self.quote, self.review_id)

    def quotes_in(self, language: str) -> list[Quote]:
        """At most two quotes, those in ``language`` first."""
        others = [q for spoken, quotes in self.voices.items() if spoken != language for q in quotes]
        return [*self.voices.get(language, ()), *others][:2]


@dataclass(slots=True)
class ReviewEvidence:
    """Counts and aspects over the reviews the store holds for one product."""

    count: int
    positive: int
    negative: int
    rating: float | None
    aspects: list[AspectEvidence] = field(default_factory=list)
    suspected: int = 0
    """Reviews that may not be genuine."""

    def aspect(self, name: str) -> AspectEvidence | None:
        return next((a for a in self.aspects if a.aspect == name), None)


@dataclass(slots=True)
class Evidence:
    """One true thing about a candidate, the only source of a reason."""

    kind: ReasonKind
    key: str
    """Which template renders it, e.g. ``price_under`` or ``history_brand``."""
    values: dict[str, Any]


@dataclass(slots=True)
class Candidate:
    """One product under consideration."""

    product: Product
    variant: Variant
    """The best variant that meets the constraints; its price and stock are the ones shown."""
    lexical: float = 0.0
    dense: float = 0.0
    fused: float = 0.0
    """Retrieval score in [0, 1], comparable within one search."""
    features: Mapping[str, float] = field(default_factory=dict)
    contributions: Mapping[str, float] = field(default_factory=dict)
    """Additive parts of ``score`` by feature, in log-odds."""
    score: float = 0.0
    """Predicted preference in [0, 1], by the merchant's aims."""
    click_rate: float = 0.0
    """Predicted chance of a click in the first place of a list, whatever the aims are."""
    reviews: ReviewEvidence | None = None
    satisfied: list[Satisfied] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    position: int = 0

    @property
    def id(self) -> str:
        return self.product.id
