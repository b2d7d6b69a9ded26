"""Which constraints may be let go of, one at a time."""

from collections.abc import Iterator

from retrieval.constraints import Constraints

_PERSONS = frozenset(("gender", "age_group"))


def loosened(wanted: Constraints) -> Iterator[tuple[str, Constraints]]:
    """Every set of constraints with one taken out, those first that a shopper misses least.

    Prices come first, since a bound can be moved instead of dropped; what the thing is (category,
    query) comes last.
    """
    if wanted.price_max is not None:
        yield "price_max", wanted.model_copy(update={"price_max": None})
    if wanted.price_min is not None:
        yield "price_min", wanted.model_copy(update={"price_min": None})
    if wanted.rating_min is not None:
        yield "rating_min", wanted.model_copy(update={"rating_min": None})
    for name in wanted.attributes:
        kept = {other: values for other, values in wanted.attributes.items() if other != name}
        yield f"attributes.{name}", wanted.model_copy(update={"attributes": kept})
    for name in wanted.exclude:
        kept = {other: values for other, values in wanted.exclude.items() if other != name}
        yield f"exclude.{name}", wanted.model_copy(update={"exclude": kept})
    # What the thing is may be told less closely, but something has to tell it: without "insulin"
    # there is the whole shop, and nobody asked for that.
    if wanted.query.strip() and _tells_a_thing(wanted):
        yield "query", wanted.model_copy(update={"query": ""})
    if wanted.category is not None and wanted.query.strip():
        yield "category", wanted.model_copy(update={"category": None})
    if wanted.in_stock_only:
        yield "in_stock_only", wanted.model_copy(update={"in_stock_only": False})


def _tells_a_thing(wanted: Constraints) -> bool:
    """Whether constraints beside the query say what is looked for, and not only for whom."""
    return wanted.category is not None or bool(wanted.attributes.keys() - _PERSONS)
