"""Two rankers compared on the shop's own customers."""

import hashlib
import math
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Kind = Literal["ab", "interleaving"]
ArmName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\s/]+$")
]


class Arm(BaseModel):
    """One side: which ranker, and of how many customers (``ab`` only)."""

    model_config = ConfigDict(extra="forbid")

    name: ArmName
    ranker: ArmName
    """``live``, ``fixed`` (fixed weights), or a version of the shop's own ranking models."""
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class ExperimentDraft(BaseModel):
    """An experiment as the merchant writes it; the first arm is what the other is compared with."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    kind: Kind
    arms: Annotated[list[Arm], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.arms[0].name == self.arms[1].name:
            raise ValueError("the two arms need different names")
        if not math.isclose(sum(arm.share for arm in self.arms), 1.0, abs_tol=1e-6):
            raise ValueError("the shares of the arms must add up to 1")
        return self


class Experiment(ExperimentDraft):
    """An experiment as it is kept."""

    id: str
    state: Literal["running", "stopped"]
    started_at: datetime
    stopped_at: datetime | None = None

    def arm_of(self, shopper_id: str) -> Arm:
        """The arm of a customer, or of a session of one who is not signed in: always the same, and
        independent of other experiments."""
        digest = hashlib.sha256(f"{self.id}\n{shopper_id}".encode()).digest()
        place = int.from_bytes(digest[:8], "big") / 2**64
        return self.arms[0] if place < self.arms[0].share else self.arms[1]
