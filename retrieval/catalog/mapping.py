"""Mappings: which column of a feed fills which field of a product, as data.

The named formats are mapping files themselves (``mappings/*.yaml``); docs/import.md explains them.
"""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from retrieval.errors import MappingError

Names = Annotated[tuple[str, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]
"""Column names in order of preference; one may be written without the list."""

_NOT_ALNUM = re.compile(r"[^\w]|_")


def column_key(name: str) -> str:
    """What column names are compared by: "Product ID", "product_id" and "productId" are one."""
    return _NOT_ALNUM.sub("", str(name)).casefold()


class RuleBase(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldRule(RuleBase):
    """How one field is filled: from the first of ``column`` that is not empty, or a constant.

    A column may be a dotted path into nested JSON (``price.amount``, ``images.0.src``), and
    ``column: [[a, b]]`` joins several columns into one list (a category and its sub-category).
    """

    column: tuple[str | tuple[str, ...], ...] = ()
    constant: Any = None
    split: str | None = None
    """Separator of the items of a list, or of the levels of a category path."""
    scale: float = 1.0
    """Factor for prices and numbers, e.g. 0.01 for prices in cents."""
    values: dict[str, Any] = Field(default_factory=dict)
    """Replacements of whole cells, compared case-folded, before the cell is read."""

    @cached_property
    def single(self) -> tuple[str, ...] | None:
        """The columns, where no alternative joins several."""
        names = tuple(column for column in self.column if isinstance(column, str))
        return names if len(names) == len(self.column) else None


def _short_rule(value: object) -> object:
    if isinstance(value, str):
        return {"column": [value]}
    if isinstance(value, list):
        return {"column": value}
    if isinstance(value, dict) and isinstance(value.get("column"), str):
        return {**value, "column": [value["column"]]}
    return value


Rule = Annotated[FieldRule, BeforeValidator(_short_rule)]


class OptionRule(RuleBase):
    """A pair of columns: one names the attribute, the other holds the variant's value."""

    name: Names
    value: Names


class AttributeRules(RuleBase):
    """Which columns become attributes."""

    columns: dict[str, Names] = Field(default_factory=dict)
    """Attribute name → columns."""
    pattern: str | None = None
    """Regular expression on column names; its group 1 names the attribute."""
    known: bool = False
    """Take every column whose name the lexicon knows as that of an attribute ("颜色")."""
    objects: Names = ()
    """Columns that hold an object of names and values."""
    options: list[OptionRule] = Field(default_factory=list)
    split: str | None = None


class VariantRules(RuleBase):
    """Where a product's variants are: rows of a group, or a list or object within the row."""

    items: Names = ()
    """Column with the nested variants; each is looked up in before its product."""
    only_with: Names = ()
    """A row of a group is a variant only where one of these is filled (else: further pictures)."""
    sku: Rule = FieldRule()
    price: Rule = FieldRule()
    list_price: Rule = FieldRule()
    stock: Rule = FieldRule()
    in_stock: Rule = FieldRule()
    image_url: Rule = FieldRule()
    attributes: AttributeRules = AttributeRules()


class ProductRules(RuleBase):
    """The fields of a product that are not those of its variants."""

    id: Rule
    title: Rule
    description: Rule = FieldRule()
    language: Rule = FieldRule()
    category_path: Rule = FieldRule()
    brand: Rule = FieldRule()
    currency: Rule = FieldRule()
    tags: Rule = FieldRule()
    image_url: Rule = FieldRule()
    url: Rule = FieldRule()
    rating: Rule = FieldRule()
    review_count: Rule = FieldRule()
    margin: Rule = FieldRule()
    created_at: Rule = FieldRule()


class Mapping(RuleBase):
    """One feed layout."""

    name: str
    description: str = ""
    detect: list[Names] = Field(default_factory=list)
    """Auto-detection takes this mapping only where, of every entry, one column is there."""
    records: str | None = None
    """JSON: the key whose list or object holds the products; default: found by looking."""
    native: bool = False
    """Rows are products as the shop itself writes them; nothing else is needed."""
    group_by: Names = ()
    """Rows with the same value are variants of one product."""
    product: ProductRules = ProductRules(id=FieldRule(), title=FieldRule())
    variant: VariantRules = VariantRules()
    attributes: AttributeRules = AttributeRules()
    """Attributes of the whole product."""
    lift: bool = True
    """Take attributes that the feed has no columns for from titles and tags, by the lexicon."""
    ignore: Names = ()
    """Columns that are known and of no use, so that they are not reported."""

    def columns(self) -> frozenset[str]:
        """Keys of all columns that the mapping names; see ``column_key``."""
        return frozenset(column_key(name.split(".")[0]) for name in self._names())

    def fits(self, columns: Iterable[str]) -> int:
        """How many of ``columns`` the mapping names; 0 where a needed one is absent."""
        present = {column_key(column) for column in columns}
        for alternatives in self.detect:
            if not present & {column_key(name) for name in alternatives}:
                return 0
        return len(present & self.columns())

    def _names(self) -> Iterable[str]:
        rules: list[FieldRule] = [getattr(self.product, f) for f in ProductRules.model_fields]
        fields = ("sku", "price", "list_price", "stock", "in_stock", "image_url")
        rules += [getattr(self.variant, name) for name in fields]
        for rule in rules:
            for column in rule.column:
                yield from [column] if isinstance(column, str) else column
        for attributes in (self.attributes, self.variant.attributes):
            for names in attributes.columns.values():
                yield from names
            for option in attributes.options:
                yield from (*option.name, *option.value)
            yield from attributes.objects
        yield from (*self.group_by, *self.ignore, *self.variant.items, *self.variant.only_with)


def read_mapping(path: Path) -> Mapping:
    """A mapping from a YAML file. Raises ``MappingError`` that says what is wrong with it."""
    try:
        return parse_mapping(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"The mapping file {path} cannot be read: {error}") from error


def parse_mapping(text: str, name: str) -> Mapping:
    """A mapping from YAML text; ``name`` is used where it has none."""
    try:
        content = yaml.safe_load(text)
        if not isinstance(content, dict):
            raise MappingError(f"The mapping {name} is not a YAML object.")
        mapping = Mapping.model_validate({"name": name, **content})
        for rules in (mapping.attributes, mapping.variant.attributes):
            if rules.pattern is not None and re.compile(rules.pattern).groups != 1:
                raise MappingError(f"The mapping {name}: `pattern` needs exactly one group.")
    except yaml.YAMLError as error:
        raise MappingError(f"The mapping {name} is not valid YAML: {error}") from error
    except re.error as error:
        raise MappingError(f"The mapping {name}: `pattern` is not valid: {error}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'mapping'}: {e['msg']}" for e in error.errors()
        )
        raise MappingError(f"The mapping {name} is not valid: {problems}") from error
    if not mapping.native and not (mapping.product.id.column and mapping.product.title.column):
        raise MappingError(f"The mapping {name} must say which columns hold `id` and `title`.")
    return mapping


@lru_cache(maxsize=1)
def packaged_mappings() -> dict[str, Mapping]:
    """The mappings that come with the package, by name."""
    folder = files(__package__).joinpath("mappings")
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            mapping = parse_mapping(entry.read_text(encoding="utf-8"), entry.name[:-5])
            found[mapping.name] = mapping
    return found


def best_mapping(columns: Iterable[str]) -> Mapping | None:
    """The packaged mapping that knows most of ``columns``; a special one before the generic."""
    names = list(columns)
    scored = [
        (mapping.name != "generic", mapping.fits(names), mapping)
        for mapping in packaged_mappings().values()
        if mapping.fits(names)
    ]
    return max(scored, key=lambda entry: entry[:2])[2] if scored else None
