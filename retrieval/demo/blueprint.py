"""The demo store's data files: departments, product types, words and shapes, read and checked.

A text in two languages is written ``English | 中文`` in the files. Texts may hold slots such as
``{material}``; ``retrieval.demo.products`` fills them with the product's own values.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from retrieval.errors import DemoDataError

DATA = Path(__file__).parent / "data"


class Words(NamedTuple):
    """One text in the store's two languages."""

    en: str
    zh: str


def _split(value: object) -> Words:
    if isinstance(value, Words):
        return value
    parts = [part.strip() for part in str(value).split(" | ")]
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"expected 'English | 中文', got {value!r}")
    return Words(*parts)


Pair = Annotated[Words, BeforeValidator(_split)]
Texts = Annotated[list[Pair], Field(min_length=1)]
Values = dict[str, list[str]]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ProductType(Record):
    """One kind of product, which is also one leaf of the category tree."""

    id: str
    path: Texts
    """Categories below the department."""
    nouns: Texts
    shape: str
    price: tuple[float, float]
    """Cheapest and dearest in USD; a brand's tier decides where between."""
    count: int = 14
    attributes: Values = Field(default_factory=dict)
    """Values a product takes one of; a name ending in ``+`` takes several."""
    variants: Values = Field(default_factory=dict)
    steps: dict[str, float] = Field(default_factory=dict)
    """Relative price rise per step along a variant attribute's list."""
    titles: list[Pair] = Field(default_factory=list)
    about: Texts
    details: dict[str, Texts] = Field(default_factory=dict)
    """Sentences that replace the department's for the same key."""
    uses: list[Pair] = Field(default_factory=list)
    closings: list[Pair] = Field(default_factory=list)
    """Like ``titles`` and ``uses``, these replace the department's."""
    aspects: list[str] = Field(default_factory=list)
    """What reviews speak of, besides the department's aspects."""


class Department(Record):
    """One department with everything its products share."""

    id: str
    name: Pair
    brands: dict[Pair, Annotated[int, Field(ge=1, le=4)]]
    """Price tier by brand: 1 cheap to 4 dear."""
    lines: Texts
    aspects: list[str]
    titles: Texts
    details: dict[str, Texts]
    """Sentences by attribute (``material``) or by attribute and value (``material=linen``)."""
    uses: Texts
    closings: Texts
    types: Annotated[list[ProductType], Field(min_length=1)]


class Wordlist(Record):
    """Chinese for every attribute value, and the forms that titles use for yes/no attributes."""

    colors: dict[str, tuple[str, str]]
    """Chinese name and hex code by colour."""
    units: dict[str, str]
    flags: dict[str, Pair]
    possessives: dict[str, Pair]
    values: dict[str, str]
    """Chinese by value; ``attribute=value`` where a value's Chinese depends on the attribute."""

    def chinese(self, name: str, value: str) -> str:
        """The Chinese display of ``value``. Raises ``DemoDataError`` where the files lack it."""
        if name == "color" and value in self.colors:
            return self.colors[value][0]
        specific = self.values.get(f"{name}={value}") or self.values.get(value)
        if specific:
            return specific
        amount, _, unit = value.rpartition(" ")
        if amount and amount[0].isdigit() and unit in self.units:
            return f"{amount}{self.units[unit]}"
        if value.startswith("EU "):
            return f"欧码{value[3:]}"
        raise DemoDataError(f"no Chinese for {name}={value!r}")


class Blueprint(Record):
    """All data files that products and pictures are made from."""

    departments: list[Department]
    words: Wordlist
    shapes: dict[str, str]

    def type_at(self, category_path: list[str]) -> tuple[Department, ProductType] | None:
        """The product type whose English category path this is."""
        for department in self.departments:
            if category_path[:1] != [department.name.en]:
                continue
            for kind in department.types:
                if category_path[1:] == [node.en for node in kind.path]:
                    return department, kind
        return None


def read_yaml(path: Path) -> Any:
    """Parse one of the package's YAML files (safe loader)."""
    return yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)


@cache
def blueprint() -> Blueprint:
    """Read and check the data files. Raises ``DemoDataError`` naming the file at fault."""
    departments = []
    for path in sorted((DATA / "departments").glob("*.yaml")):
        try:
            departments.append(Department.model_validate(read_yaml(path)))
        except (ValidationError, yaml.YAMLError) as error:
            raise DemoDataError(f"{path.name}: {error}") from error
    return Blueprint(
        departments=departments,
        words=Wordlist.model_validate(read_yaml(DATA / "words.yaml")),
        shapes=read_yaml(DATA / "shapes.yaml"),
    )


@cache
def data_fingerprint() -> str:
    """SHA-256 over the generator's data and code files, so that a cache knows when it is stale."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *DATA.rglob("*.yaml")]):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
