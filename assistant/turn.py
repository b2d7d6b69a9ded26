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


class AspectView(_Record):
    aspect: str
    label: str
    """The aspect's name in the turn's language."""
    sentiment: float
    mentions: int
    quote: str | None = None
    review_id: str | None = None


class ReviewSummary(_Record):
    positive: int
    negative: int
    aspects: list[AspectView] = Field(default_factory=list)


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
