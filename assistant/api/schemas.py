"""Bodies of requests and answers that are not records of a room already."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.api.text import Key, MessageText, ShortText
from assistant.conversation.conversation import Role
from assistant.conversation.handoff import Handoff
from assistant.turn import Personalised, ProductView, ReviewSummary, Status, Turn, TurnLanguage
from retrieval.catalog.product import Variant
from retrieval.constraints import Constraints
from retrieval.recommend.recommender import RowKind


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Body):
    """The body of a call that takes none."""


class NewConversation(_Body):
    customer_id: Key | None = None
    locale: Literal["auto", "en", "zh"] | None = Field(
        None,
        description="Of the greeting; `auto` follows Accept-Language. Default: the shop's.",
    )
    channel: Key = Field("web", max_length=40)


class ConversationOpened(BaseModel):
    conversation_id: str
    token: str = Field(description="Bearer token of every later call on this conversation.")
    greeting: str
    locale: TurnLanguage = Field(description="Language of the greeting.")


class NewMessage(_Body):
    text: MessageText


class HandoffWish(_Body):
    reason: ShortText = ""


class HandoffAsked(BaseModel):
    conversation_id: str
    handoff_id: str
    status: Status


class NewFeedback(_Body):
    turn_id: Key
    value: Literal["up", "down"]
    comment: ShortText = ""


class Outcome(_Body):
    outcome: ShortText | None = None


class MessageView(BaseModel):
    """An entry of a transcript; ``turn`` is there where the assistant wrote it in a turn."""

    seq: int
    role: Role
    text: str
    at: datetime
    agent: str | None = None
    status: Status | None = Field(None, description="In a system message: the new status.")
    turn_id: str | None = None
    turn: Turn | None = None


class CartLineView(BaseModel):
    product_id: str
    sku: str
    title: str
    quantity: int
    price: float = Field(description="Per piece.")
    currency: str


class ConversationView(BaseModel):
    """Transcript and current state."""

    conversation_id: str
    status: Status
    language: TurnLanguage
    locale: str
    channel: str
    customer_id: str | None
    created_at: datetime
    updated_at: datetime
    constraints: Constraints
    cart: list[CartLineView]
    messages: list[MessageView]


class NamedProduct(BaseModel):
    id: str
    title: str


class RejectedEvent(BaseModel):
    index: int
    field: str
    reason: str
    code: str


class EventsTaken(BaseModel):
    accepted: int
    rejected: list[RejectedEvent]
    reasons: dict[str, int] = Field(
        default_factory=dict, description="Rejected events by code; absent where there are none."
    )
    unknown_customers: int = Field(
        0,
        description="Accepted events of customers whom the shop does not know; absent where none.",
    )


class ProductDetail(BaseModel):
    """A product with its variants, in the language asked for where it has texts in it."""

    id: str
    title: str
    description: str
    brand: str | None
    category_path: list[str]
    attributes: dict[str, list[str]]
    price: float
    currency: str
    in_stock: bool
    rating: float | None
    review_count: int
    image_url: str | None
    url: str | None
    variants: list[Variant]
    review_summary: ReviewSummary


class SearchAnswer(BaseModel):
    query: str
    constraints: Constraints
    total: int = Field(description="Products that meet the constraints, shown or not.")
    products: list[ProductView]
    personalised: Personalised
    timings_ms: dict[str, float]


class HandoffQueue(BaseModel):
    handoffs: list[Handoff]


class CustomerErased(BaseModel):
    customer_id: str
    erased: dict[str, int] = Field(description="What was erased, counted by kind.")


class Readiness(BaseModel):
    status: Literal["ready"]
    components: dict[str, str]


class CustomerExport(BaseModel):
    """All that is held about a customer, by kind."""

    customer_id: str
    customer: dict[str, Any] | None
    events: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    feedback: list[dict[str, Any]]
    handoffs: list[dict[str, Any]]
    cart: list[dict[str, Any]]
    shown: dict[str, list[dict[str, Any]]] = Field(
        description="What was shown for money, and what in lists that compare two rankers."
    )


class PersonalisationSwitch(_Body):
    on: bool


class PersonalisationView(BaseModel):
    """Whether behaviour is used to rank, and why."""

    customer_id: str
    on: bool
    why: str


class RowView(BaseModel):
    """A row of a home page; ``because`` is the product it goes out from."""

    kind: RowKind
    title: str
    because: NamedProduct | None
    products: list[ProductView]


class RecommendationsView(BaseModel):
    customer_id: str | None
    personalised: Personalised
    rows: list[RowView]


class ProductsView(BaseModel):
    """Products beside one or several others, each with its reasons."""

    product_ids: list[str]
    products: list[ProductView]
