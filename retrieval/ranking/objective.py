"""What the merchant wants lists to be ordered for, as weights."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from retrieval.candidate import Candidate

MARGIN = "margin"


class Objective(BaseModel):
    """Weights of a list's aims. The score is their sum in log-odds.

    A weight of 0 leaves an aim out; what a product gives no figure for counts as nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    click: float = Field(0.75, ge=0, le=10, description="Log-odds of a click.")
    conversion: float = Field(0.25, ge=0, le=10, description="Log-odds of a purchase.")
    margin: float = Field(
        0.0, ge=0, le=10, description="Share of the price that stays with the shop, 0 to 1."
    )
    freshness: float = Field(
        0.0, ge=0, le=10, description="1 on the day a product is listed, falling by e in 30 days."
    )
    reviews: float = Field(
        0.0, ge=0, le=10, description="Mean stars less 4, drawn to 0 where there are few."
    )

    @model_validator(mode="after")
    def _wants_something(self) -> "Objective":
        if self.click + self.conversion <= 0:
            raise ValueError("click and conversion cannot both be 0: nothing would be predicted")
        return self

    def parts(
        self, candidates: Sequence[Candidate], features: Mapping[str, NDArray[np.float64]]
    ) -> dict[str, NDArray[np.float64]]:
        """What the aims beside click and conversion add to the score, by feature, each (n,).

        ``features`` holds at least ``newness`` and ``rating``, each (n,).
        """
        found = {}
        if self.margin:
            found[MARGIN] = self.margin * np.array(
                [candidate.product.margin or 0.0 for candidate in candidates], dtype=np.float64
            )
        if self.freshness:
            found["newness"] = self.freshness * features["newness"]
        if self.reviews:
            found["rating"] = self.reviews * features["rating"]
        return found
