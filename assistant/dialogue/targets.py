"""Which products a message is about."""

from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import resolve, set_focus
from assistant.dialogue.work import Draft, Work, book_of
from assistant.understanding.shown import ShownProduct, shown_product
from retrieval.candidate import Candidate


def shown(rooms: Rooms, state: DialogueState) -> list[ShownProduct]:
    """The products that references may point at: the last list, then what was talked about."""
    ids = list(dict.fromkeys([*state.shown, *state.focus]))
    products = rooms.catalog.get_many(ids)
    return [shown_product(products[i], state.language) for i in ids if i in products]


def targets(rooms: Rooms, work: Work, at_most: int = 1) -> list[Candidate]:
    """The products meant: those referred to, else the one in focus, else the only one shown.

    Empty when that is ambiguous; the caller then asks.
    """
    state, heard = work["state"], work["understanding"]
    ids = resolve(heard.references, state, shown(rooms, state))
    if not ids and at_most > 1 and any(r.value == "all" for r in heard.references):
        ids = list(state.shown)
    if not ids and not heard.references:
        ids = list(state.focus[:1]) or (list(state.shown) if len(state.shown) == 1 else [])
    found = rooms.describe(ids[:at_most], work["owner"].customer_id)
    return _numbered(found, state)


def _numbered(found: list[Candidate], state: DialogueState) -> list[Candidate]:
    """Gives each the number it has in the list last shown: that is what ordinals refer to."""
    for place, candidate in enumerate(found):
        listed = candidate.id in state.shown
        candidate.position = state.shown.index(candidate.id) if listed else place
    return found


def focused(state: DialogueState, candidates: list[Candidate]) -> DialogueState:
    """The state with these products in focus."""
    return set_focus(state, [c.id for c in candidates])


def ask_which(work: Work, route: str) -> Work:
    """Asks which product is meant, or says that none was shown yet."""
    state, book = work["state"], book_of(work)
    if not state.shown:
        return {"draft": Draft("clarify", [book.say("no_products_yet")]), "state": state}
    state = state.model_copy(update={"pending": {"kind": "which_product", "route": route}})
    return {"draft": Draft("clarify", [book.say("which_product")]), "state": state}
