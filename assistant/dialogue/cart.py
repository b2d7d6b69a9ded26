"""Putting things into the cart, taking them out, looking at it. Prices are the catalogue's own."""

from assistant.cart import CartLine
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import ask_which, focused, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.money import money
from assistant.reply.phrases import Phrases
from assistant.understanding.understanding import Understanding
from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints

OPTIONS = 8


def cart_add(rooms: Rooms, work: Work) -> Work:
    """Adds the product meant, once it is clear which of its variants."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    choice = work["settled"] if work["settled"].get("kind") == "choose_variant" else {}
    if choice and not heard.references:
        found = rooms.describe([choice["product_id"]], work["owner"].customer_id)
    else:
        found = targets(rooms, work)
    if not found:
        return ask_which(work, "cart_add")
    candidate = found[0]
    wanted = {**choice.get("chosen", {}), **_named(heard)}
    quantity = heard.quantity or choice.get("quantity") or 1
    state = focused(state, found)
    fitting = _fitting(candidate.product, wanted, state.constraints)
    if not fitting:
        text = _no_such_variant(rooms, candidate, wanted, book)
        return {"draft": Draft("clarify", [text], found), "state": state}
    open_name = _undecided(fitting)
    if open_name:
        pending = {
            "kind": "choose_variant",
            "product_id": candidate.id,
            "chosen": wanted,
            "quantity": quantity,
        }
        draft = _choose(rooms, candidate, fitting, open_name, book)
        return {"draft": draft, "state": state.model_copy(update={"pending": pending})}
    return {"draft": _put(rooms, work, candidate, fitting[0], quantity), "state": state}


def cart_remove(rooms: Rooms, work: Work) -> Work:
    """Takes the product meant out of the cart; the only line there is needs no naming."""
    state, book, owner = work["state"], book_of(work), work["owner"]
    lines = rooms.carts.lines(owner)
    if not lines:
        return {"draft": Draft("cart", [book.say("cart_empty")]), "state": state}
    meant = {c.id for c in targets(rooms, work)}
    gone = [line for line in lines if line.product_id in meant]
    if not gone and len(lines) == 1 and not work["understanding"].references:
        gone = lines
    if not gone:
        return {
            "draft": Draft("cart", [book.say("cart_not_in")], quick=["quick_cart"]),
            "state": state,
        }
    for line in gone:
        rooms.carts.remove(owner, line.sku)
    products = rooms.catalog.get_many([line.product_id for line in gone])
    titles = [display.title(p, book.language) for p in products.values()]
    said = [book.say("cart_removed", title=book.join(titles)), *_contents(rooms, work)]
    return {"draft": Draft("cart", said, quick=["quick_cart"], lines=True), "state": state}


def cart_view(rooms: Rooms, work: Work) -> Work:
    """Lists the cart with today's prices and the sum."""
    draft = Draft(
        "cart", _contents(rooms, work), quick=["quick_more", "quick_shipping"], lines=True
    )
    return {"draft": draft, "state": work["state"]}


def _named(heard: Understanding) -> dict[str, list[str]]:
    """Attribute values that the message names for the variant: ``{"size": ["M"]}``."""
    named = {name: list(values) for name, values in heard.asked_values.items()}
    for change in heard.changes:
        if change.slot.startswith("attributes.") and change.op in ("set", "add"):
            values = change.value if isinstance(change.value, list) else [change.value]
            named.setdefault(change.slot.removeprefix("attributes."), []).extend(map(str, values))
    for reference in heard.references:
        if reference.kind == "attribute":
            named.setdefault(reference.value["name"], []).append(reference.value["value"])
    return named


def _fitting(product: Product, wanted: dict[str, list[str]], wish: Constraints) -> list[Variant]:
    """Variants with what was named now and, where any has it, with what was asked for before."""
    fitting = [v for v in product.variants if _has(v, wanted)]
    for name, values in wish.attributes.items():
        narrower = [v for v in fitting if _has(v, {name: values})]
        fitting = narrower or fitting
    return fitting


def _has(variant: Variant, wanted: dict[str, list[str]]) -> bool:
    return all(
        name not in variant.attributes
        or variant.attributes[name].casefold() in {v.casefold() for v in values}
        for name, values in wanted.items()
    )


def _undecided(variants: list[Variant]) -> str | None:
    """The attribute in which the variants left still differ, if any."""
    in_stock = [v for v in variants if v.in_stock] or variants
    names = dict.fromkeys(name for v in in_stock for name in v.attributes)
    return next((n for n in names if len({v.attributes.get(n) for v in in_stock}) > 1), None)


def _choose(
    rooms: Rooms, candidate: Candidate, fitting: list[Variant], name: str, book: Phrases
) -> Draft:
    """Asks for the attribute that is still open, offering what is in stock."""
    product = candidate.product
    in_stock = [v for v in fitting if v.in_stock] or fitting
    raw = list(dict.fromkeys(v.attributes[name] for v in in_stock if name in v.attributes))
    options = [display.value(product, name, v, book.language, rooms.lexicon) for v in raw][:OPTIONS]
    text = book.say(
        "cart_choose",
        title=display.title(product, book.language),
        name=rooms.lexicon.label("attribute", name, book.language),
        options=book.join(options, "or"),
    )
    return Draft("clarify", [text], [candidate], options)


def _no_such_variant(
    rooms: Rooms, candidate: Candidate, wanted: dict[str, list[str]], book: Phrases
) -> str:
    """Names the first wish that no variant meets, and what there is instead."""
    product = candidate.product
    for name, values in wanted.items():
        if not any(_has(v, {name: values}) for v in product.variants):
            options = display.values(product, name, book.language, rooms.lexicon)
            asked = [display.value(product, name, v, book.language, rooms.lexicon) for v in values]
            break
    else:
        options = [" ".join(v.attributes.values()) for v in product.variants if v.in_stock]
        asked = [" ".join(v) for v in wanted.values()]
    return book.say(
        "cart_no_variant",
        title=display.title(product, book.language),
        value=book.join(asked),
        options=book.join(options[:OPTIONS]),
    )


def _put(rooms: Rooms, work: Work, candidate: Candidate, variant: Variant, quantity: int) -> Draft:
    book, product = book_of(work), candidate.product
    title = display.title(product, book.language)
    candidate.variant = variant
    quick = ["quick_cart", "quick_more"]
    if not variant.in_stock:
        return Draft("cart", [book.say("cart_out_of_stock", title=title)], [candidate], quick)
    held = sum(
        line.quantity for line in rooms.carts.lines(work["owner"]) if line.sku == variant.sku
    )
    if variant.stock is not None and held + quantity > variant.stock:
        text = book.say("cart_too_many", title=title, n=variant.stock, quantity=quantity)
        return Draft("cart", [text], [candidate], quick)
    line = rooms.carts.add(work["owner"], product.id, variant.sku, quantity)
    text = book.say(
        "cart_added",
        quantity=line.quantity,
        title=title,
        variant=_variant(rooms, product, variant, book),
        price=money(variant.price, product.currency),
    )
    return Draft("cart", [text], [candidate], quick)


def _contents(rooms: Rooms, work: Work) -> list[str]:
    book = book_of(work)
    lines = rooms.carts.lines(work["owner"])
    products = rooms.catalog.get_many([line.product_id for line in lines])
    said, totals = [], dict[str, float]()
    for line in lines:
        found = _variant_of(products.get(line.product_id), line)
        if found is None:  # no longer sold
            continue
        product, variant = found
        price = variant.price * line.quantity
        totals[product.currency] = totals.get(product.currency, 0.0) + price
        said.append(
            book.say(
                "cart_line",
                quantity=line.quantity,
                title=display.title(product, book.language),
                variant=_variant(rooms, product, variant, book),
                price=money(price, product.currency),
            )
        )
    if not said:
        return [book.say("cart_empty")]
    total = book.join([money(amount, currency) for currency, amount in totals.items()])
    return [book.say("cart_contents"), *said, book.say("cart_total", total=total)]


def _variant_of(product: Product | None, line: CartLine) -> tuple[Product, Variant] | None:
    if product is None:
        return None
    return next(((product, v) for v in product.variants if v.sku == line.sku), None)


def _variant(rooms: Rooms, product: Product, variant: Variant, book: Phrases) -> str:
    words = display.variant_words(product, variant, book.language, rooms.lexicon)
    return book.say("cart_variant", variant=words) if words else ""
