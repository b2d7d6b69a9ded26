"""Builds a product from the records of a feed, by a mapping."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from retrieval.catalog import cells, fields
from retrieval.catalog.attributes import AttributeReader
from retrieval.catalog.fields import FieldReader, Warn
from retrieval.catalog.lift import Lifter
from retrieval.catalog.mapping import Mapping, column_key
from retrieval.catalog.money import known_currency
from retrieval.catalog.product import Product
from retrieval.catalog.row import Row, Values
from retrieval.catalog.variants import NumberedRecord, VariantReader
from retrieval.errors import RowRejectedError
from retrieval.language import detect

TITLE_LENGTH = 500
DESCRIPTION_LENGTH = 20_000
TAGS, TAG_LENGTH = 200, 200
LEVELS, LEVEL_LENGTH = 10, 200

_LANGUAGE = re.compile(r"^([a-z]{2})(?:[-_].*)?$")


class ProductBuilder:
    """Builds products by one mapping.

    ``currency`` and ``language`` are those of records that do not say (a language of ``None`` is
    detected). ``warn`` is told what was mended; ``reject`` of single variants that were left out.
    """

    def __init__(
        self,
        mapping: Mapping,
        lifter: Lifter,
        warn: Warn,
        reject: Callable[[int, str, RowRejectedError], None],
        currency: str = "USD",
        language: str | None = None,
    ) -> None:
        self._mapping = mapping
        self._lifter = lifter
        self._reader = FieldReader(warn)
        self._currency = currency
        self._language = language
        self._claimed = mapping.columns()
        words = lifter.lexicon
        self._attributes = AttributeReader(mapping.attributes, words, self._claimed)
        own = AttributeReader(mapping.variant.attributes, words, self._claimed)
        self._of_variant = own
        self._variants = VariantReader(mapping.variant, self._reader, own, reject)

    def is_used(self, column: str) -> bool:
        """Whether the mapping makes anything of a column."""
        return (
            self._mapping.native
            or column_key(column) in self._claimed
            or self._attributes.name_of(column) is not None
            or self._of_variant.name_of(column) is not None
        )

    def group_key(self, record: Values) -> str | None:
        """What joins records to one product; ``None`` where each stands alone."""
        value = Row(record).get(self._mapping.group_by)
        return None if value is None else cells.as_text(value)

    def product_id(self, record: Values) -> str | None:
        """The id as far as it can be read, for reports."""
        native = self._mapping.native
        value = record.get("id") if native else Row(record).read(self._mapping.product.id)
        return None if value is None else cells.as_text(value)[:200]

    def build(self, records: Sequence[NumberedRecord]) -> Product:
        """The product that the records of one group describe.

        Raises ``RowRejectedError`` when it cannot be used as a whole.
        """
        if self._mapping.native:
            return _checked(records[0].values)
        rules, reader = self._mapping.product, self._reader
        row = Row(*(record.values for record in records))
        key = reader.identifier(row, rules.id, "id")
        if key is None:
            raise RowRejectedError("id", "is missing or empty")
        title = reader.needed(row, rules.title, "title", TITLE_LENGTH)
        stated = row.read(rules.currency)
        currency = self._currency if stated is None else known_currency(stated)
        variants = self._variants.read(key, records, currency)
        attributes = self._attributes.read(row) | variants.shared
        of_variants = {name for variant in variants.found for name in variant.attributes}
        attributes = {k: v for k, v in attributes.items() if k not in of_variants}
        tags = self._tags(row)
        if self._mapping.lift:
            known = {*attributes, *of_variants}
            attributes |= self._lifter.attributes(title, tags, known)
        description = self._description(row)
        return _checked(
            {
                "id": key,
                "title": title,
                "description": description,
                "language": self._language_of(row, f"{title} {description[:100]}"),
                "category_path": self._path(row),
                "brand": reader.text(row, rules.brand, "brand", 200),
                "currency": variants.currency,
                "attributes": attributes,
                "tags": tags,
                "variants": variants.found,
                "image_url": reader.optional(row, rules.image_url, "image_url", fields.first_url),
                "url": reader.optional(row, rules.url, "url", cells.as_url),
                "rating": reader.optional(row, rules.rating, "rating", fields.rating),
                "review_count": reader.optional(
                    row, rules.review_count, "review_count", cells.as_count
                )
                or 0,
                "margin": reader.optional(row, rules.margin, "margin", fields.fraction),
                "created_at": reader.optional(row, rules.created_at, "created_at", cells.as_moment),
            }
        )

    def _description(self, row: Row) -> str:
        value = row.read(self._mapping.product.description)
        prose = "" if value is None else cells.as_prose(value)
        if len(prose) > DESCRIPTION_LENGTH:
            self._reader.warn(f"description: cut to its first {DESCRIPTION_LENGTH:,} characters")
        return prose[:DESCRIPTION_LENGTH]

    def _tags(self, row: Row) -> list[str]:
        value = row.read(self._mapping.product.tags)
        if value is None:
            return []
        tags = cells.as_list(value, self._mapping.product.tags.split)
        return [tag for tag in tags if len(tag) <= TAG_LENGTH][:TAGS]

    def _path(self, row: Row) -> list[str]:
        value = row.read(self._mapping.product.category_path)
        if value is None:
            return []
        levels = cells.as_path(value, self._mapping.product.category_path.split)
        return [level[:LEVEL_LENGTH] for level in levels[:LEVELS]]

    def _language_of(self, row: Row, text: str) -> str:
        stated = row.read(self._mapping.product.language)
        if stated is not None and (match := _LANGUAGE.match(str(stated).strip().casefold())):
            return match.group(1)
        if self._language:
            return self._language
        found = detect(text)
        return found.other or found.spoken


def _checked(values: dict[str, Any]) -> Product:
    """The product, or the first thing that is wrong with it."""
    try:
        return Product.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "product"
        raise RowRejectedError(where, first["msg"], first.get("input")) from error
