"""The script format: YAML, one dialogue a file. See docs/evals.md for examples."""

from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evals.errors import ScriptError


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Bounds(_Record):
    """A closed interval; either end may be open."""

    min: float | None = None
    max: float | None = None

    def holds(self, value: float | None) -> bool:
        if value is None:
            return False
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class ProductIs(_Record):
    """What must hold of one product. Texts are compared case-folded, as substrings."""

    price: Bounds | None = None
    rating: Bounds | None = None
    in_stock: bool | None = None
    title_any: list[str] = Field(default_factory=list)
    category_any: list[str] = Field(default_factory=list)
    brand_any: list[str] = Field(default_factory=list)
    attributes: dict[str, list[str]] = Field(default_factory=dict)
    """Attribute → values of which the product must have at least one."""
    reason_kinds: list[str] = Field(default_factory=list)
    """Kinds of reason of which at least one must be given."""


class Products(_Record):
    """What must hold of the products shown."""

    count: Bounds = Field(default_factory=Bounds)
    every: ProductIs | None = None
    some: ProductIs | None = None
    none: ProductIs | None = None
    new: bool | None = None
    """True: none of them was shown in an earlier turn."""
    cheaper: bool | None = None
    """True: each costs less than the dearest of the turn before."""

    @model_validator(mode="after")
    def _needs_a_floor(self) -> Self:
        # "Every" and "none" hold of an empty list too, so they say nothing without a floor.
        if (self.every or self.none or self.cheaper) and not (self.count.min or 0) >= 1:
            raise ValueError("`every`, `none` and `cheaper` need `count.min` of at least 1")
        return self


class Reply(_Record):
    """What must hold of the reply's text. Case-folded substrings."""

    all: list[str] = Field(default_factory=list)
    any: list[str] = Field(default_factory=list)
    none: list[str] = Field(default_factory=list)


class Expect(_Record):
    """What must hold of one turn."""

    intent: list[str] | str | None = None
    action: list[str] | str | None = None
    language: str | None = None
    status: str | None = None
    constraints: dict[str, Any] = Field(default_factory=dict)
    """Slot → value. Lists and objects must be contained; ``null`` or ``[]`` must be unset."""
    products: Products | None = None
    reply: Reply | None = None
    personalised: bool | None = None


class Exchange(_Record):
    say: str
    expect: Expect = Field(default_factory=Expect)


class Script(_Record):
    """One dialogue."""

    name: str
    about: str = ""
    language: str
    store: str = "demo"
    """Which catalogue it is written for; others are left out of a run."""
    customer: str | None = None
    locale: str = "auto"
    turns: list[Exchange] = Field(min_length=1)


def load_scripts(folder: Path) -> list[Script]:
    """All ``*.yaml`` scripts below ``folder`` (or the one file), by path.

    Raises:
        ScriptError: a script is malformed, or there is none.
    """
    files = [folder] if folder.is_file() else sorted(folder.rglob("*.yaml"))
    if not files:
        raise ScriptError(f"there is no script in {folder}")
    return [_load(file) for file in files]


def _load(file: Path) -> Script:
    try:
        return Script.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScriptError(f"{file}: not readable as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "(file)"
        raise ScriptError(f"{file}: {place}: {first['msg']}") from error
