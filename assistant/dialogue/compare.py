"""Comparing products side by side."""

from assistant.dialogue.extreme import extreme as judged
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import focused, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.money import money
from assistant.reply.phrases import Phrases
from retrieval.candidate import Candidate

AT_MOST = 4
VALUES_NAMED = 4
ATTRIBUTES_NAMED = 5


def compare(rooms: Rooms, work: Work) -> Work:
    """Compares the products meant; without a reference, the first ones shown."""
    state, book = work["state"], book_of(work)
    found = targets(rooms, work, AT_MOST) if work["understanding"].references else []
    if not found:
        found = rooms.describe(state.shown[:2], work["owner"].customer_id)
    if len(found) == 1 and (end := _extreme(work)):
        return judged(rooms, work) if end == "best_rated" else _answer(work, found[0], end)
    if len(found) < 2:
        key = "compare_need_two" if state.shown else "no_products_yet"
        return {"draft": Draft("clarify", [book.say(key)]), "state": state}
    sentences = [book.say("compare_intro")]
    sentences += [_line(rooms, c, found, book) for c in found]
    sentences.append(_verdict(found, book))
    draft = Draft("compare", sentences, found, ["quick_why", "quick_reviews"], lines=True)
    return {"draft": draft, "state": focused(state, found)}


def _extreme(work: Work) -> str | None:
    """Which end was asked for, where all shown were to be compared: "which is the cheapest?"."""
    references = work["understanding"].references
    return next((str(r.value) for r in references if r.kind == "extreme"), None)


def _answer(work: Work, found: Candidate, end: str) -> Work:
    """The one product at that end, and by what."""
    book = book_of(work)
    said = book.say(
        f"compare_is_{end}",
        title=display.title(found.product, book.language),
        price=money(found.variant.price, found.product.currency),
    )
    draft = Draft("answer", [said], [found], ["quick_add_it", "quick_why", "quick_reviews"])
    return {"draft": draft, "state": focused(work["state"], [found])}


def _line(rooms: Rooms, candidate: Candidate, found: list[Candidate], book: Phrases) -> str:
    product, reviews = candidate.product, candidate.reviews
    facts = [money(candidate.variant.price, product.currency)]
    if reviews and reviews.count and reviews.rating is not None:
        facts.append(book.say("compare_rating", rating=f"{reviews.rating:.1f}", n=reviews.count))
    else:
        facts.append(book.say("compare_no_rating"))
    for name in _differing(found):
        values = display.values(product, name, book.language, rooms.lexicon)[:VALUES_NAMED]
        if values:
            label = rooms.lexicon.label("attribute", name, book.language)
            facts.append(f"{label} {'/'.join(values)}")
    if not candidate.variant.in_stock:
        facts.append(book.say("compare_out_of_stock"))
    comma = book.say("list_comma") + (" " if book.language == "en" else "")
    title = display.title(product, book.language)
    return book.say("compare_line", title=title, facts=comma.join(facts))


def _differing(found: list[Candidate]) -> list[str]:
    """Attributes that at least two of the products name, with different values."""
    names = dict.fromkeys(name for c in found for name in c.product.all_attributes())
    result = []
    for name in names:
        values = [
            frozenset(v.casefold() for v in own)
            for c in found
            if (own := c.product.all_attributes().get(name))
        ]
        if len(values) > 1 and len(set(values)) > 1:
            result.append(name)
    return result[:ATTRIBUTES_NAMED]


def _verdict(found: list[Candidate], book: Phrases) -> str:
    """What the figures say: who is cheapest and by how much, and who is rated best."""
    said = []
    by_price = sorted(found, key=lambda c: c.variant.price)
    difference = round(by_price[1].variant.price - by_price[0].variant.price, 2)
    same_currency = len({c.product.currency for c in found}) == 1
    if difference > 0 and same_currency:
        said.append(
            book.say(
                "compare_cheapest",
                title=display.title(by_price[0].product, book.language),
                difference=money(difference, by_price[0].product.currency),
            )
        )
    rated = [c for c in found if c.reviews and c.reviews.rating is not None]
    ratings = sorted((c.reviews.rating or 0 for c in rated if c.reviews), reverse=True)
    if len(ratings) > 1 and ratings[0] > ratings[1]:
        best = max(rated, key=lambda c: (c.reviews.rating or 0) if c.reviews else 0)
        said.append(book.say("compare_best", title=display.title(best.product, book.language)))
    return book.sentences(said)
