"""What the folder of a sequence model says about itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SIGNALS = ("network", "follows", "together", "own", "popularity", "content", "again")
"""What is known of an item for a customer, in the order of the rows of ``signals``.

network: how probable the network finds it next, as a logarithm; follows: how strongly it comes
after what the customer had; together: how strongly it goes with the last moment's items; own: how
often and how lately the customer had it; popularity: its share of all events, as a logarithm;
content: likeness of its text to the texts of what the customer had; again: how likely the customer
takes it again, learnt where customers do that.
"""

Task = Literal["next", "with"]
"""``next``: what comes after the last event; ``with``: what goes with the last moment's items."""


class SequenceCard(BaseModel):
    """Everything but the numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    pooling: Literal["slices", "flat", "mean"]
    heads: int = Field(ge=1)
    blocks: int = Field(ge=0)
    longest: int = Field(ge=1, description="Last events of a customer that the network sees.")
    remembered: int = Field(ge=1, description="Last events of a customer that count at all.")
    window: int = Field(ge=1, description="Events in a slice where there are no times.")
    gap_hours: float = Field(gt=0)
    kinds: list[str] = Field(description="Kinds of event; the first stands for an unknown one.")
    decay: float = Field(gt=0, le=1, description="What each moment further back counts.")
    repeats: bool = Field(description="Whether what the customer had may come again.")
    weights: dict[Task, dict[str, float]] = Field(description="Of each signal, by task.")
