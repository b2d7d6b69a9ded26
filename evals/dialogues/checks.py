"""What must hold of a turn: the script's expectations, and invariants that hold of every turn."""

from collections.abc import Iterator, Sequence
from typing import Any

from assistant.turn import ProductView, Turn
from evals.dialogues.script import Expect, ProductIs, Products, Reply


def failures(turn: Turn, expect: Expect, earlier: Sequence[Turn]) -> list[str]:
    """Everything that does not hold, in words; empty when all does."""
    found = [*invariants(turn)]
    found += _one_of("intent", turn.intent.name, expect.intent)
    found += _one_of("action", turn.action, expect.action)
    found += _one_of("language", turn.language, expect.language)
    found += _one_of("status", turn.status, expect.status)
    held = turn.constraints.model_dump(mode="json")
    for slot, wanted in expect.constraints.items():
        if slot not in held:
            found.append(f"constraints.{slot}: there is no such slot")
        elif not _contains(held[slot], wanted):
            found.append(f"constraints.{slot}: {held[slot]!r} where {wanted!r} was expected")
    if expect.products:
        found += _products(turn, expect.products, earlier)
    if expect.reply:
        found += _reply(turn.reply, expect.reply)
    if expect.personalised is not None and turn.personalised.on != expect.personalised:
        found.append(f"personalised: {turn.personalised.on}, because {turn.personalised.why!r}")
    return found


def invariants(turn: Turn) -> Iterator[str]:
    """What no script needs to say: the reply and the cards agree, and hard constraints are kept."""
    wish = turn.constraints
    for product in turn.products:
        if product.title not in turn.reply and turn.action in ("recommend", "compare"):
            yield f"invariant: the reply does not name {product.title!r}"
        if turn.action != "recommend":
            continue
        if wish.price_max is not None and product.price > wish.price_max:
            yield f"invariant: {product.title!r} costs {product.price}, over {wish.price_max}"
        if wish.price_min is not None and product.price < wish.price_min:
            yield f"invariant: {product.title!r} costs {product.price}, under {wish.price_min}"
    ids = [p.id for p in turn.products]
    if len(set(ids)) != len(ids):
        yield "invariant: a product is shown twice"
    if turn.status == "bot" and not turn.reply.strip():
        yield "invariant: the reply is empty"


def _one_of(what: str, is_: str, wanted: list[str] | str | None) -> list[str]:
    if wanted is None:
        return []
    options = [wanted] if isinstance(wanted, str) else wanted
    return [] if is_ in options else [f"{what}: {is_!r} where {' or '.join(options)} was expected"]


def _contains(held: Any, wanted: Any) -> bool:
    """Whether ``held`` has what is wanted: equal, or containing it, texts case-folded."""
    if wanted in (None, [], {}):
        return held in (None, [], {}, "")
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(_contains(held.get(k), v) for k, v in wanted.items())
    if isinstance(held, list):
        values = wanted if isinstance(wanted, list) else [wanted]
        folded = [_fold(v) for v in held]
        return all(_fold(v) in folded for v in values)
    if isinstance(wanted, list):  # any of several acceptable values
        return any(_contains(held, v) for v in wanted)
    return bool(_fold(held) == _fold(wanted))


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _products(turn: Turn, wanted: Products, earlier: Sequence[Turn]) -> Iterator[str]:
    count = len(turn.products)
    if not wanted.count.holds(count):
        bounds = wanted.count.model_dump(exclude_none=True)
        yield f"products: {count} shown where {bounds} was expected"
    met = {p.id: list(_unmet(p, wanted.every)) for p in turn.products} if wanted.every else {}
    for product in turn.products:
        for why in met.get(product.id, []):
            yield f"products.every: {product.title!r}: {why}"
        if wanted.none and not list(_unmet(product, wanted.none)):
            yield f"products.none: {product.title!r} is one of those not wanted"
    if wanted.some and all(list(_unmet(p, wanted.some)) for p in turn.products):
        yield f"products.some: none is {wanted.some.model_dump(exclude_defaults=True)}"
    if wanted.new:
        before = {p.id for t in earlier for p in t.products}
        for product in turn.products:
            if product.id in before:
                yield f"products.new: {product.title!r} was shown before"
    if wanted.cheaper:
        prices = next(([p.price for p in t.products] for t in reversed(earlier) if t.products), [])
        for product in turn.products:
            if prices and product.price >= max(prices):
                yield f"products.cheaper: {product.title!r} at {product.price} is not"


def _unmet(product: ProductView, wanted: ProductIs) -> Iterator[str]:
    if wanted.price and not wanted.price.holds(product.price):
        yield f"price {product.price}"
    if wanted.rating and not wanted.rating.holds(product.rating):
        yield f"rating {product.rating}"
    if wanted.in_stock is not None and product.in_stock != wanted.in_stock:
        yield f"in_stock {product.in_stock}"
    for field, own in (
        ("title_any", product.title),
        ("category_any", product.category),
        ("brand_any", product.brand),
    ):
        options = getattr(wanted, field)
        if options and not any(o.casefold() in (own or "").casefold() for o in options):
            yield f"{field.removesuffix('_any')} {own!r}"
    for name, values in wanted.attributes.items():
        has = {v.casefold() for v in product.attributes.get(name, [])}
        if not has & {v.casefold() for v in values}:
            yield f"{name} {sorted(has)}"
    if wanted.reason_kinds and not {r.kind for r in product.reasons} & set(wanted.reason_kinds):
        yield f"reasons {[r.kind for r in product.reasons]}"


def _reply(reply: str, wanted: Reply) -> Iterator[str]:
    text = reply.casefold()
    for part in wanted.all:
        if part.casefold() not in text:
            yield f"reply: does not say {part!r}"
    if wanted.any and not any(part.casefold() in text for part in wanted.any):
        yield f"reply: says none of {wanted.any}"
    for part in wanted.none:
        if part.casefold() in text:
            yield f"reply: says {part!r}"
