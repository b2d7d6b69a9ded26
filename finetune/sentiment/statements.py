"""Chinese clauses put together: "屏幕" and "清晰" make "屏幕很清晰" and "屏幕一点都不清晰"."""

from collections.abc import Sequence
from importlib.resources import files
from random import Random
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Lines = Annotated[list[str], Field(min_length=1)]
Side = Literal["good", "bad"]
Wording = Literal["good", "bad", "denied", "spared"]

_OTHER: dict[Side, Side] = {"good": "bad", "bad": "good"}
_TURNED: dict[Side, tuple[Wording, float]] = {"good": ("spared", 0.06), "bad": ("denied", 0.22)}
"""By which wordings a clause of the side is made of the other side's qualities, and how often."""
_OWN = 0.55
"""How often what only this kind of product has is spoken of."""
_SHORT = 2
"""Characters of a quality that takes a degree."""


class Aspect(BaseModel):
    """What can be judged, and the qualities it is said to have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: list[str]
    """Kinds of product; none is every kind."""
    names: Lines
    good: Lines
    bad: Lines

    def qualities(self, side: Side) -> Sequence[str]:
        """What is said of it on one side."""
        return self.good if side == "good" else self.bad


class Statements(BaseModel):
    """The file ``data/zh_statements.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aspects: Annotated[list[Aspect], Field(min_length=1)]
    wordings: dict[Wording, Lines]
    whole: str

    @classmethod
    def load(cls) -> "Statements":
        """The packaged file."""
        text = files("finetune.sentiment").joinpath("data/zh_statements.yaml").read_text("utf-8")
        return cls.model_validate(yaml.safe_load(text))

    def say(self, kind: str, side: Side, random: Random) -> str:
        """A clause that judges something of a kind of product."""
        own = [aspect for aspect in self.aspects if kind in aspect.of]
        common = [aspect for aspect in self.aspects if not aspect.of]
        aspect = random.choice(own if own and random.random() < _OWN else [*own, *common])
        name = random.choice(aspect.names)
        wording, share = _TURNED[side]
        turned = [q for q in aspect.qualities(_OTHER[side]) if self._takes_degree(q)]
        if turned and random.random() < share:
            return random.choice(self.wordings[wording]).format(a=name, q=random.choice(turned))
        quality = random.choice(aspect.qualities(side))
        if not self._takes_degree(quality):
            return name + quality
        return random.choice(self.wordings[side]).format(a=name, q=quality)

    def _takes_degree(self, quality: str) -> bool:
        return len(quality) <= _SHORT and quality[0] not in self.whole
