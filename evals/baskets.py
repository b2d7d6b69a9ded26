"""Baskets from a shop's sales lines: returns, people unknown and what is no product taken out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from evals.errors import DataError
from retrieval.ranking.sequence.history import SequenceEvent

_NON_PRODUCTS = Path(__file__).parent / "data" / "non_products.txt"
_COLUMNS = ("Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
KIND = "purchase"


@dataclass(frozen=True, slots=True)
class Basket:
    """What one customer bought at one time."""

    customer: str
    at: float
    items: tuple[str, ...]

    def events(self, items: Sequence[str] | None = None) -> list[SequenceEvent]:
        """As events, all of the basket's or those of some items."""
        return [SequenceEvent(item, self.at, KIND) for item in items or self.items]


class Taken(NamedTuple):
    """How many lines were read, and why some did not become part of a basket."""

    lines: int
    no_customer: int
    no_product: int
    returns: int
    returned: int
    not_paid: int


class _Line(NamedTuple):
    customer: str
    at: float
    item: str
    quantity: int


def read_baskets(path: Path) -> tuple[list[Basket], Taken]:
    """Baskets in order of time. There is no invoice number: a basket is a customer and a time.

    A return (negative quantity) takes the customer's latest earlier purchase of that item and that
    quantity out with it. Lines without a customer, a name or a price are left out, and so are
    postage, fees and the like (``evals/data/non_products.txt``).

    Raises:
        DataError: the file is unreadable, lacks a column or has no usable line.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} is no readable Parquet file: {error}") from error
    for name in _COLUMNS:
        if name not in table.column_names:
            raise DataError(
                f"{path} has no column {name!r}; it has {', '.join(table.column_names)}."
            )
    rows = zip(*(table[name].to_pylist() for name in _COLUMNS), strict=True)
    counts: dict[str, int] = defaultdict(int)
    lines: list[_Line] = []
    for row in rows:
        line = _line(row, counts)
        if line is not None:
            lines.append(line)
    lines.sort(key=lambda line: line.at)
    kept = _without_returned(lines, counts)
    if not kept:
        raise DataError(f"{path} has no line of a known customer and product.")
    baskets: dict[tuple[str, float], dict[str, None]] = {}
    for line in kept:
        baskets.setdefault((line.customer, line.at), {})[line.item] = None
    taken = Taken(len(table), *(counts[name] for name in Taken._fields[1:]))
    return [Basket(who, at, tuple(items)) for (who, at), items in baskets.items()], taken


def _line(row: tuple[Any, ...], counts: dict[str, int]) -> _Line | None:
    name, quantity, at, price, customer = row
    item = " ".join(str(name or "").split())
    if customer is None or customer != customer:  # noqa: PLR0124
        counts["no_customer"] += 1
    elif not item or item.casefold() in _non_products():
        counts["no_product"] += 1
    elif not quantity or at is None or (quantity > 0 and not (price and price > 0)):
        counts["not_paid"] += 1
    else:
        who = str(int(customer)) if isinstance(customer, float) else str(customer)
        return _Line(who, at.timestamp(), item, int(quantity))
    return None


def _without_returned(lines: Sequence[_Line], counts: dict[str, int]) -> list[_Line]:
    kept: dict[int, _Line] = {}
    bought: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.quantity > 0:
            kept[number] = line
            bought[line.customer, line.item, line.quantity].append(number)
            continue
        counts["returns"] += 1
        earlier = bought[line.customer, line.item, -line.quantity]
        if earlier:
            counts["returned"] += 1
            del kept[earlier.pop()]
    return list(kept.values())


@cache
def _non_products() -> frozenset[str]:
    lines = _NON_PRODUCTS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
