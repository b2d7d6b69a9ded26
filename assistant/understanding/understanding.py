"""What one message was understood to say, before anything is done about it."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class IntentName(StrEnum):
    SEARCH = "search"
    REFINE = "refine"
    SHOW_MORE = "show_more"
    COMPARE = "compare"
    EXPLAIN = "explain"
    PRODUCT_QUESTION = "product_question"
    REVIEW_QUESTION = "review_question"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    VIEW_CART = "view_cart"
    ORDER_STATUS = "order_status"
    RETURN_REFUND = "return_refund"
    SHIPPING_POLICY = "shipping_policy"
    COMPLAINT = "complaint"
    HUMAN_AGENT = "human_agent"
    GREETING = "greeting"
    THANKS_BYE = "thanks_bye"
    AFFIRM = "affirm"
    DENY = "deny"
    RESET = "reset"
    OUT_OF_SCOPE = "out_of_scope"


class Intent(BaseModel):
    """A name with its calibrated probability; ``alternatives`` are the runners-up, best first.

    Where no intent is probable enough the name is ``out_of_scope``, and a runner-up is likelier.
    """

    model_config = ConfigDict(frozen=True)

    name: IntentName
    confidence: float
    alternatives: list[tuple[IntentName, float]] = Field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it was taken for out of scope only for want of a probable intent."""
        likeliest = max((probability for _, probability in self.alternatives), default=0.0)
        return self.name == IntentName.OUT_OF_SCOPE and likeliest > self.confidence


class Change(BaseModel):
    """One change of the constraints, traceable to the words that ask for it.

    ``slot`` is a field of ``Constraints`` or, for attributes, ``attributes.<name>``,
    ``exclude.<name>`` or ``prefer_attributes.<name>``. Operations: ``set`` replaces the slot's
    value, ``add`` adds alternatives to a list slot, ``remove`` takes ``value`` out of a list slot,
    ``clear`` empties the slot, ``scale`` moves a price bound relative to what was shown
    (``value`` = ``"cheaper"`` or ``"dearer"``).
    """

    model_config = ConfigDict(frozen=True)

    op: Literal["set", "add", "remove", "clear", "scale"]
    slot: str
    value: Any = None
    words: str
    start: int = 0
    end: int = 0


class Reference(BaseModel):
    """A pointer to something shown before.

    ``ordinal``: ``value`` is 1-based, -1 the last. ``attribute``: ``value`` is
    ``{"name": ..., "value": ...}`` ("the red one"). ``focus``: "it", "this one"; ``value`` is
    ``"all"`` for "they", "those".
    ``name``: ``value`` is the words of a title. ``extreme``: ``value`` is ``"cheapest"``,
    ``"dearest"`` or ``"best_rated"``. ``previous``: the one in focus before this one.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["ordinal", "attribute", "focus", "name", "extreme", "previous"]
    value: Any = None
    words: str


class Aside(BaseModel):
    """Something said beside the wish: "what's your return policy? also show me boots"."""

    model_config = ConfigDict(frozen=True)

    intent: Intent
    text: str
    """The clauses that say it."""


class Understanding(BaseModel):
    """Everything the dialogue decides from."""

    text: str
    """The message, normalised: NFKC, control characters gone, white space folded."""
    language: Literal["en", "zh"]
    intent: Intent
    changes: list[Change] = Field(default_factory=list)
    aside: Aside | None = None
    further: list[list[Change]] = Field(default_factory=list)
    """What is said of each further kind of product named ("shirts and trousers"), category first
    among its changes or not; ``changes`` are those of the first kind."""
    references: list[Reference] = Field(default_factory=list)
    aspects: list[str] = Field(default_factory=list)
    """Review aspects asked about ("is it loud?" → noise)."""
    doubts_reviews: bool = False
    """Whether it asks if reviews are genuine."""
    review_side: int = 0
    """-1 where reviews are asked for complaints, 1 where for praise."""
    asks_worst: bool = False
    """Whether the product that comes off worst is asked for, and not the best."""
    asked_attributes: list[str] = Field(default_factory=list)
    """Attributes asked about, not filtered by ("does it come in M?" → size)."""
    asked_values: dict[str, list[str]] = Field(default_factory=dict)
    """The values asked about, by attribute: ``{"size": ["M"]}``."""
    quantity: int | None = None
    order_id: str | None = None
    topic_change: bool = False
    """Whether the message names another kind of product than the state holds."""
    resets: bool = False
    """Whether the message says to start over, whatever it asks for besides."""
    elsewhere: bool = False
    """Whether it is about something that no shop has: jokes, the weather, the system prompt."""
    asks_stock: bool = False
    """Whether it asks if the shop sells something ("do you have a zither?")."""
    same: list[str] = Field(default_factory=list)
    """Slots that the message says stay as they are for another kind ("same budget")."""
    topic_return: bool = False
    """Whether it goes back to an earlier topic ("back to the shoes")."""
    resumes: str | None = None
    """The category of the wish, put aside or waiting, that the message turns to."""
    other_language: str | None = None
    """ISO 639-1 code of the message's language where it is neither English nor Chinese."""
    unknown_words: list[str] = Field(default_factory=list)
    """Content words that the catalogue does not know."""
    corrections: dict[str, str] = Field(default_factory=dict)
    """Spelling mended: written → read as."""
