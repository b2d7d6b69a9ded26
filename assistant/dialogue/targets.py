"""Which products a message is about."""

from collections.abc import Iterable

from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import resolve, set_focus
from assistant.dialogue.work import Draft, Work, book_of
from assistant.understanding.shown import ShownProduct, shown_product
from retrieval.candidate import Candidate, Evidence

SPONSORED_KEPT = 20


def shown(rooms: Rooms, state: DialogueState) -> list[ShownProduct]:
    """The products that references may point at: the last list, then what was talked about."""
    ids = list(dict.fromkeys([*state.shown, *state.focus]))
    products = rooms.catalog.get_many(ids)
    reviews = rooms.finder.summaries.get_many(ids)
    return [
        shown_product(products[i], state.language, (a.aspect for a in reviews[i].aspects))
        if i in reviews
        else shown_product(products[i], state.language)
        for i in ids
        if i in products
    ]


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
    return label_sponsored(_numbered(found, state), state)


def label_sponsored(found: list[Candidate], state: DialogueState) -> list[Candidate]:
    """Says of products that were shown for money that they were, before all else."""
    for candidate in found:
        advertiser = state.sponsored.get(candidate.id)
        if advertiser is not None:
            evidence = Evidence("sponsored", "sponsored_by", {"advertiser": advertiser})
            candidate.evidence.insert(0, evidence)
    return found


def remember_sponsored(state: DialogueState, shown: Iterable[Candidate]) -> DialogueState:
    """The state with who paid for which of the products just shown."""
    paid = {
        candidate.id: str(evidence.values["advertiser"])
        for candidate in shown
        for evidence in candidate.evidence
        if evidence.kind == "sponsored"
    }
    kept = list({**state.sponsored, **paid}.items())[-SPONSORED_KEPT:]
    return state.model_copy(update={"sponsored": dict(kept)})


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
