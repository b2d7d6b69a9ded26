"""The variants of a product: rows of a group, nested objects, or the one that a plain row is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrieval.catalog import cells, fields
from retrieval.catalog.attributes import AttributeReader
from retrieval.catalog.fields import FieldReader
from retrieval.catalog.mapping import FieldRule, VariantRules
from retrieval.catalog.product import Attributes, Variant
from retrieval.catalog.row import Row, Values
from retrieval.errors import RowRejectedError

VARIANTS = 2000
"""Per product."""


@dataclass(frozen=True, slots=True)
class NumberedRecord:
    """A record and its place in the feed, counted from 1."""

    number: int
    values: Values


@dataclass(slots=True)
class Variants:
    """What the records of one product say of its variants."""

    currency: str
    found: list[Variant] = field(default_factory=list)
    shared: Attributes = field(default_factory=dict)
    """Attributes of a lone variant that have several values, and so are the product's."""


@dataclass(slots=True)
class _Source:
    """One variant's own cells, and those of the record that it lies in."""

    number: int
    own: Row
    around: Row

    def read(self, rule: FieldRule) -> Any:
        value = self.own.read(rule)
        return self.around.read(rule) if value is None else value


class VariantReader:
    """Reads variants by a mapping's rules.

    ``reject`` is told the row, the product's id and the error of each variant that is left out
    while others stay.
    """

    def __init__(
        self,
        rules: VariantRules,
        reader: FieldReader,
        attributes: AttributeReader,
        reject: Callable[[int, str, RowRejectedError], None],
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._attributes = attributes
        self._reject = reject

    def read(self, key: str, records: Sequence[NumberedRecord], currency: str) -> Variants:
        """All variants of product ``key``. Raises ``RowRejectedError`` where not one is usable."""
        everything = Row(*(record.values for record in records))
        sources = list(self._sources(records))
        result = Variants(currency)
        rows: dict[str, _Source] = {}
        several: Attributes = {}
        errors: list[tuple[int, RowRejectedError]] = []
        for place, source in enumerate(sources):
            try:
                variant, attributes, named = self._variant(source, everything, result.currency)
                if named != result.currency:
                    if result.found:
                        raise RowRejectedError("currency", "differs from the row before", named)
                    result.currency = named
                variant.sku = self._sku(key, source, place, len(sources), variant, rows)
            except RowRejectedError as error:
                errors.append((source.number, error))
                continue
            if variant.sku in rows:
                self._reader.warn("row: left out, since it repeats another one exactly")
            elif len(result.found) < VARIANTS:
                rows[variant.sku] = source
                result.found.append(variant)
                several = attributes
        if not result.found:
            raise errors[0][1] if errors else RowRejectedError("price", "is missing")
        for number, problem in errors:
            self._reject(number, key, problem)
        if len(result.found) == 1:
            result.shared = {name: values for name, values in several.items() if len(values) > 1}
            for name in result.shared:
                del result.found[0].attributes[name]
        return result

    def _sources(self, records: Sequence[NumberedRecord]) -> Iterator[_Source]:
        for record in records:
            row = Row(record.values)
            items = row.get(self._rules.items)
            if isinstance(items, dict):
                items = [
                    {"@key": key, **item} for key, item in items.items() if isinstance(item, dict)
                ]
            if isinstance(items, list):
                for item in items:
                    if isinstance(item, dict):
                        yield _Source(record.number, Row(item), row)
            elif not self._rules.only_with or row.get(self._rules.only_with) is not None:
                yield _Source(record.number, row, row)

    def _variant(
        self, source: _Source, everything: Row, currency: str
    ) -> tuple[Variant, Attributes, str]:
        rules, reader = self._rules, self._reader
        price, named = reader.price(source.read(rules.price), rules.price, "price", currency)
        attributes = self._attributes.read(source.own, everything)
        stock = reader.optional(source.own, rules.stock, "stock", fields.stock)
        stated = reader.optional(source.own, rules.in_stock, "in_stock", cells.as_bool)
        if stated is None and stock is None and source.own is not source.around:
            stated = reader.optional(source.around, rules.in_stock, "in_stock", cells.as_bool)
        in_stock = stated if stated is not None else stock is None or stock > 0
        variant = Variant(
            sku="-",
            price=price,
            list_price=self._list_price(source, price, currency),
            attributes={name: ", ".join(values) for name, values in attributes.items()},
            stock=stock,
            in_stock=in_stock and stock != 0,
            image_url=reader.optional(source.own, rules.image_url, "image_url", fields.first_url),
        )
        return variant, attributes, named or currency

    def _list_price(self, source: _Source, price: float, currency: str) -> float | None:
        """The price before a reduction, if it is one."""
        rule = self._rules.list_price
        value = source.read(rule)
        if value is None:
            return None
        try:
            before = self._reader.price(value, rule, "list_price", currency).amount
        except RowRejectedError as error:
            self._reader.warn(f"list_price: left out, since it {error.reason}")
            return None
        return before if before > price else None

    def _sku(
        self,
        key: str,
        source: _Source,
        place: int,
        of: int,
        variant: Variant,
        rows: dict[str, _Source],
    ) -> str:
        """The variant's own sku, or one made of the product's id; told apart by its attributes.

        Raises ``RowRejectedError`` when another row has the same sku and says something else.
        """
        sku = self._reader.identifier(source.own, self._rules.sku, "sku")
        if sku is None:
            sku = str(source.own.get(["@key"]) or (key if of == 1 else f"{key}-{place + 1}"))
        before = rows.get(sku)
        if before is None or before.own.records == source.own.records:
            return sku
        longer = "-".join([sku, *variant.attributes.values()])[:200]
        if longer != sku and longer not in rows:
            return longer
        raise RowRejectedError("id", f"is a duplicate of row {before.number}", sku)
