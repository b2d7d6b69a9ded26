"""How a sequence model is trained: every knob, with defaults that do well on small shops."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SequenceRecipe(BaseModel):
    """Written into every run's folder; the same recipe, data and seed give the same model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pooling: Literal["slices", "flat", "mean"] = Field(
        "slices",
        description="slices: a Transformer over each slice, then one over the slices; flat: one "
        "over all events; mean: the mean of the items' vectors, no Transformer.",
    )
    window: int = Field(5, ge=1, description="Events in a slice where events have no times.")
    gap_hours: float = Field(12.0, gt=0, description="A longer pause starts a new slice.")
    longest: int = Field(50, ge=2, description="Events that the network sees at once.")
    remembered: int = Field(400, ge=2, description="Events of a customer that count at all.")
    half_life_days: float = Field(
        60.0, gt=0, description="After which an event counts half for popularity; needs times."
    )
    size: int = Field(64, ge=8, description="Of vectors.")
    heads: int = Field(2, ge=1)
    blocks: int = Field(2, ge=1, description="Transformer blocks; the last one merges slices.")
    spectral: bool = Field(
        True, description="Start the items' vectors from what follows what, not at random."
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="Of the item vectors that go in.")
    block_dropout: float = Field(0.3, ge=0, lt=1, description="Inside the blocks.")
    item_dropout: float = Field(
        0.1, ge=0, lt=1, description="How often an item has its text only; where there are texts."
    )
    reconstruction: float = Field(0.2, ge=0, description="Weight of rebuilding each slice.")
    epochs: int = Field(8, ge=1, description="At most; the rate falls to nothing by the last.")
    patience: int = Field(2, ge=1, description="Epochs without progress before stopping.")
    refit_epochs: int = Field(
        1, ge=0, description="At a fifth of the rate, with the held-out events learnt too."
    )
    batch: int = Field(128, ge=1, description="Customers in one update.")
    rate: float = Field(1e-3, gt=0, description="Peak learning rate.")
    weight_decay: float = Field(0.01, ge=0)
    negatives: int = Field(2000, ge=0, description="Items drawn for each update; 0 takes all.")
    held_out: int = Field(3000, ge=1, description="Customers at most that validate.")
    seed: int = 7
