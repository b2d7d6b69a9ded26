"""Which way a turn goes: a pure function of what was understood and what is remembered."""

from typing import Any, Literal

from assistant.dialogue.state import DialogueState
from assistant.understanding.reviews import about_reviews
from assistant.understanding.understanding import IntentName, Understanding

Route = Literal[
    "find",
    "more",
    "relax",
    "next",
    "compare",
    "explain",
    "question",
    "reviews",
    "cart_add",
    "cart_remove",
    "cart_view",
    "order",
    "policy",
    "complaint",
    "handoff",
    "chat",
    "reset",
    "lost",
]

BY_INTENT: dict[IntentName, Route] = {
    IntentName.SEARCH: "find",
    IntentName.REFINE: "find",
    IntentName.SHOW_MORE: "more",
    IntentName.COMPARE: "compare",
    IntentName.EXPLAIN: "explain",
    IntentName.PRODUCT_QUESTION: "question",
    IntentName.REVIEW_QUESTION: "reviews",
    IntentName.ADD_TO_CART: "cart_add",
    IntentName.REMOVE_FROM_CART: "cart_remove",
    IntentName.VIEW_CART: "cart_view",
    IntentName.ORDER_STATUS: "order",
    IntentName.RETURN_REFUND: "policy",
    IntentName.SHIPPING_POLICY: "policy",
    IntentName.COMPLAINT: "complaint",
    IntentName.HUMAN_AGENT: "handoff",
    IntentName.GREETING: "chat",
    IntentName.THANKS_BYE: "chat",
    IntentName.AFFIRM: "chat",
    IntentName.DENY: "chat",
    IntentName.RESET: "reset",
    IntentName.OUT_OF_SCOPE: "lost",
}
ABOUT_SHOWN: frozenset[Route] = frozenset({"more", "compare", "explain", "question", "reviews"})
SEARCHING: frozenset[Route] = frozenset({"find", "more"})
"""Routes on which what was said changes what is searched for."""
_YES_AND_NO: dict[str, dict[IntentName, Route]] = {
    "offer_person": {IntentName.AFFIRM: "handoff", IntentName.DENY: "chat"},
    # Either answer to a choice of two leaves it open.
    "which_intent": {IntentName.AFFIRM: "lost", IntentName.DENY: "lost"},
}
"""What plain yes and no mean to the questions that nothing else answers."""
SURE = 0.35
"""Below this probability an intent without any substance beside it is not acted upon."""


def decide(heard: Understanding, state: DialogueState) -> Route:
    """The route of the turn. An open question of the assistant is settled first."""
    if state.pending and (route := _settle(heard, state.pending)):
        return route
    route = BY_INTENT[heard.intent.name]
    if _doubts(heard):
        return "reviews"
    if route == "compare" and state.shown and (asks_for_best(heard) or _by_reviews(heard)):
        route = "reviews"
    if heard.other_language:
        return "lost"  # words of it that look like ours mean nothing
    unsure = heard.intent.confidence < SURE and not _substance(heard)
    if unsure or route == "lost":
        return "find" if _wants_products(heard) else "lost"
    return "find" if route in ABOUT_SHOWN and _looks_further(heard, state, route) else route


def chosen_intent(heard: Understanding, pending: dict[str, Any]) -> IntentName | None:
    """Which of the two intents that the assistant asked about was meant, if the answer says so.

    It may repeat the words of the choice, as a quick reply does, or tell its place.
    """
    if pending.get("kind") != "which_intent":
        return None
    choices: dict[str, str] = pending["choices"]
    said = heard.text.casefold()
    for words, name in choices.items():
        if said == words.casefold():
            return IntentName(name)
    places = [r.value for r in heard.references if r.kind == "ordinal"]
    if len(places) == 1 and 1 <= places[0] <= len(choices):
        return IntentName(list(choices.values())[places[0] - 1])
    return None


def asks_for_best(heard: Understanding) -> bool:
    """Whether it is asked which product is best by its reviews, or worst, on the whole or in an
    aspect.

    "Compare the first two" and "the battery of the first and the third" name which they mean.
    """
    if any(r.kind in ("ordinal", "name", "attribute") for r in heard.references):
        return False
    by_rating = any(c.slot == "sort" and c.value == "rating" for c in heard.changes)
    judged = bool(heard.aspects) or heard.asks_worst
    return by_rating or (heard.intent.name == IntentName.COMPARE and judged)


def _by_reviews(heard: Understanding) -> bool:
    """Whether products are to be compared by what reviews say: "which has most complaints?"."""
    return bool(heard.aspects or heard.review_side or about_reviews(heard.text.casefold()))


def _doubts(heard: Understanding) -> bool:
    """Whether it is asked if reviews are genuine, of what was shown or of the shop's at large."""
    names_a_kind = any(change.slot == "category" for change in heard.changes)
    return heard.doubts_reviews and not names_a_kind and not heard.other_language


def _looks_further(heard: Understanding, state: DialogueState, route: Route) -> bool:
    """Whether what sounds like talk about what was shown describes what is looked for."""
    if heard.references:
        return False
    if not state.shown:
        return _wants_products(heard) or (route == "reviews" and bool(heard.changes))
    # "Any perfume?", "which phone has the best reviews?"
    if any(change.slot in ("avoid_aspects", "prefer_aspects") for change in heard.changes):
        return True  # "are there any that are quiet?"
    names_a_kind = any(change.slot == "category" for change in heard.changes)
    return names_a_kind and route in ("question", "reviews")


def _settle(heard: Understanding, pending: dict[str, Any]) -> Route | None:
    """What an answer to the open question means; ``None`` when it is about something else."""
    name, kind = heard.intent.name, pending["kind"]
    if kind in _YES_AND_NO:
        return _YES_AND_NO[kind].get(name)
    if name == IntentName.AFFIRM and kind in ("relax", "next"):
        return "relax" if kind == "relax" else "next"
    if kind == "choose_variant" and (heard.changes or heard.asked_values or heard.references):
        return "cart_add" if name not in (IntentName.SEARCH, IntentName.RESET) else None
    if kind == "which_product" and heard.references and name != IntentName.ADD_TO_CART:
        route: Route = pending["route"]
        return route
    return None


def _wants_products(heard: Understanding) -> bool:
    """Whether something was named that the catalogue can be searched for."""
    named = ("category", "attributes.", "price_", "prefer_", "exclude.", "avoid_aspects")
    named_any = any(change.slot.startswith(named) for change in heard.changes)
    return named_any or heard.resumes is not None


def _substance(heard: Understanding) -> bool:
    return bool(
        heard.changes
        or heard.references
        or heard.aspects
        or heard.asked_attributes
        or heard.asked_values
        or heard.order_id
    )
