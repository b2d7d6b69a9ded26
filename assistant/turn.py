"""The records of the HTTP contract that one turn produces."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval.candidate import ReasonKind
from retrieval.constraints import Constraints

Status = Literal["bot", "waiting_for_agent", "with_agent", "closed"]
Action = Literal[
    "recommend", "clarify", "compare", "answer", "cart", "order", "handoff", "chat", "refuse"
]
TurnLanguage = Literal["en", "zh"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IntentView(_Record):
    name: str
    confidence: float


class ReasonView(_Record):
    """A sentence about a product; it says only what ``evidence`` holds."""

    kind: ReasonKind
    text: str
    evidence: dict[str, Any]


class QuoteView(_Record):
    """A clause of a review, word for word."""

    text: str
    review_id: str
    positive: bool


class TrendView(_Record):
    """How the last 90 days judge an aspect against the time before, as mean polarities."""

    direction: Literal["better", "steady", "worse"]
    recent: float
    before: float
    recent_mentions: int
    before_mentions: int


class AspectView(_Record):
    aspect: str
    label: str
    """The aspect's name in the turn's language."""
    sentiment: float
    mentions: int
    quote: str | None = None
    review_id: str | None = None
    positive: int = 0
    negative: int = 0
    interval: tuple[float, float] = (-1.0, 1.0)
    """The sentiment lies between these two with a probability of 90 %."""
    trend: TrendView | None = None
    """``None`` where too few speak of it before or lately."""
    suspected: int = 0
    """Mentions in reviews that may not be genuine; they are counted, and weigh less."""
    quotes: list[QuoteView] = Field(default_factory=list)
    """At most two."""


class ReviewSummary(_Record):
    positive: int
    negative: int
    aspects: list[AspectView] = Field(default_factory=list)
    suspected: int = 0
    """Reviews that may not be genuine."""
    quoted: list[QuoteView] = Field(default_factory=list)
    """What the turn's reply quotes of this product's reviews, in its order."""


class ProductView(_Record):
    id: str
    title: str
    price: float
    currency: str
    list_price: float | None = None
    brand: str | None = None
    category: str | None = None
    attributes: dict[str, list[str]] = Field(default_factory=dict)
    rating: float | None
    review_count: int
    image_url: str | None
    url: str | None
    in_stock: bool
    stock: int | None = None
    score: float
    position: int
    reasons: list[ReasonView]
    review_summary: ReviewSummary


class Personalised(_Record):
    on: bool
    why: str


class Turn(_Record):
    turn_id: str
    conversation_id: str
    status: Status
    language: TurnLanguage
    intent: IntentView
    action: Action
    constraints: Constraints
    reply: str
    products: list[ProductView] = Field(default_factory=list)
    personalised: Personalised
    quick_replies: list[str] = Field(default_factory=list)
    timings_ms: dict[str, float] = Field(default_factory=dict)
