"""Attributes out of the columns of a feed, by the rules of a mapping."""

import re
from functools import lru_cache
from typing import Any

from retrieval.catalog.cells import as_list, as_text
from retrieval.catalog.lift import Words
from retrieval.catalog.mapping import AttributeRules, column_key
from retrieval.catalog.product import Attributes
from retrieval.catalog.row import Row

VALUE_LENGTH = 200
NAME_LENGTH = 60
PER_PRODUCT = 100

_NOT_NAME = re.compile(r"[^\w]+")
_UNNAMED = {"title": {"default title"}}
"""What Shopify writes for a product without options."""


class AttributeReader:
    """Reads the attributes of a row; ``claimed`` columns are those that fill other fields."""

    def __init__(self, rules: AttributeRules, words: Words, claimed: frozenset[str]) -> None:
        self._rules = rules
        self._words = words
        self._claimed = claimed
        self._pattern = re.compile(rules.pattern, re.IGNORECASE) if rules.pattern else None
        self.name_of = lru_cache(maxsize=5000)(self._name_of)

    def read(self, row: Row, names_row: Row | None = None) -> Attributes:
        """Attribute → values. Option names may stand in another row (``names_row``) than values."""
        found: Attributes = {}
        for name, columns in self._rules.columns.items():
            self._add(found, name, row.get(columns))
        for option in self._rules.options:
            header, value = (names_row or row).get(option.name), row.get(option.value)
            if header is None or value is None:
                continue
            if as_text(value).casefold() not in _UNNAMED.get(as_text(header).casefold(), ()):
                self._add(found, self._canonical(as_text(header)), value)
        for column in self._rules.objects:
            self._add_object(found, row.get([column]))
        if self._pattern or self._rules.known:
            for column, value in row.cells():
                if named := self.name_of(column):
                    self._add(found, named, value)
        return dict(list(found.items())[:PER_PRODUCT])

    def _name_of(self, column: str) -> str | None:
        """The attribute that a column holds by ``pattern`` or by its ``known`` name."""
        if self._pattern and (match := self._pattern.fullmatch(column)):
            return self._canonical(match.group(1))
        if self._rules.known and column_key(column) not in self._claimed:
            name = self._words.attribute_name(column)
            return None if name == "brand" else name
        return None

    def _canonical(self, words: str) -> str:
        name = self._words.attribute_name(words) or _NOT_NAME.sub("_", words.casefold()).strip("_")
        return name[:NAME_LENGTH]

    def _add(self, found: Attributes, name: str, value: Any) -> None:
        if not name or value is None or name in found:
            return
        if isinstance(value, dict):
            self._add_object(found, value)
            return
        values = [text for text in as_list(value, self._rules.split) if len(text) <= VALUE_LENGTH]
        if values:
            found[name] = values

    def _add_object(self, found: Attributes, value: Any) -> None:
        if isinstance(value, list):  # [{"name": ..., "value": ...}, ...]
            value = {
                str(item["name"]): item["value"]
                for item in value
                if isinstance(item, dict) and {"name", "value"} <= item.keys()
            }
        if isinstance(value, dict):
            for header, inner in value.items():
                if not isinstance(inner, dict):
                    self._add(found, self._canonical(str(header)), inner)
