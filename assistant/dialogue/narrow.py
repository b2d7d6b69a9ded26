"""Clarifying questions: chosen from what the catalogue itself holds, each asked at most once."""

from collections import Counter
from dataclasses import dataclass

from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.phrases import phrases
from retrieval.pipeline import Found

TOO_MANY = 24
"""With more products than this that fit, a question is worth the shopper's time."""
OPTIONS = 4
PREFERENCE = "preference"
"""Among what was asked about: what kind of product it shall be."""
ASK_ABOUT = ("category", "attributes.color", "attributes.style", "attributes.material", "price")


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    options: list[str]


def ask_what(rooms: Rooms, work: Work) -> Work:
    """Asks what kind of product it shall be, naming the catalogue's own departments."""
    state, book = work["state"], book_of(work)
    options = departments(rooms, state.language)
    text = book.say("ask_what", options=book.join(options, last="or")) if options else ""
    draft = Draft("clarify", [text or book.say("greeting_again")], quick=options)
    state = state.model_copy(update={"clarified": (*state.clarified, PREFERENCE)})
    return {"draft": draft, "state": state}


def question(
    rooms: Rooms, state: DialogueState, found: Found
) -> tuple[Question | None, DialogueState]:
    """The most useful question not asked yet, for a list that is still long."""
    if found.total <= TOO_MANY:
        return None, state
    for facet in ASK_ABOUT:
        if facet in state.clarified or _known(state, facet):
            continue
        asked = _ask(rooms, state, found, facet)
        if asked:
            open_ = {"kind": "narrow", "facet": facet}
            asked_about = {"clarified": (*state.clarified, facet), "pending": open_}
            return asked, state.model_copy(update=asked_about)
    return None, state


def _known(state: DialogueState, facet: str) -> bool:
    wish = state.constraints
    if facet == "price":
        return wish.price_min is not None or wish.price_max is not None
    if facet == "category":
        return wish.category is not None and bool(wish.query)
    return facet.removeprefix("attributes.") in wish.attributes


def _ask(rooms: Rooms, state: DialogueState, found: Found, facet: str) -> Question | None:
    book, language = phrases(state.language), state.language
    if facet == "price":
        return Question(book.say("narrow_price"), [])
    if facet == "category":
        options = _kinds(found, language, rooms.wish().write(state.constraints, language))
        if len(options) < 2:
            return None
        return Question(book.say("narrow_category", options=book.join(options, "or")), options)
    name = facet.removeprefix("attributes.")
    counts = Counter(
        display.value(c.product, name, raw, language, rooms.lexicon)
        for c in found.pool
        for raw in c.product.all_attributes().get(name, [])
    )
    options = [value for value, _ in counts.most_common(OPTIONS)]
    if len(options) < 2:
        return None
    label = rooms.lexicon.label("attribute", name, language)
    return Question(
        book.say("narrow_attribute", name=label, options=book.join(options, "or")), options
    )


def _kinds(found: Found, language: str, wish: str) -> list[str]:
    """The most specific categories among the products that fit, most common first.

    One that the wish names already is no answer to "which kind?".
    """
    counts = Counter(
        name for c in found.pool if (name := display.category(c.product, language)) is not None
    )
    further = [name for name, _ in counts.most_common() if name.casefold() not in wish.casefold()]
    return further[:OPTIONS]


def departments(rooms: Rooms, language: str) -> list[str]:
    """The catalogue's largest departments by name."""
    facets = rooms.facets()
    top = sorted(facets.departments(), key=lambda d: -d.count)
    return [d.label(language) for d in top[:OPTIONS]]
