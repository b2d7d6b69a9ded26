"""Where the words leave no doubt, they outvote the intent classifier."""

import re
from functools import cache

from assistant.dialogue.state import DialogueState
from assistant.understanding.bounds import alternatives
from assistant.understanding.cues import read_data
from assistant.understanding.understanding import Intent, IntentName, Understanding
from retrieval.language import fold

_ABOUT_PRODUCTS = frozenset((IntentName.SEARCH, IntentName.REFINE))
_SERVICE = frozenset(
    (
        IntentName.HUMAN_AGENT,
        IntentName.COMPLAINT,
        IntentName.ORDER_STATUS,
        IntentName.RETURN_REFUND,
        IntentName.SHIPPING_POLICY,
        IntentName.RESET,
    )
)
"""Intents that words about products do not overrule: "my black shoes never arrived"."""
_GRUMBLING = frozenset((IntentName.COMPLAINT, IntentName.REMOVE_FROM_CART))
_CERTAIN = 0.9
_DOUBTFUL = 0.7
_SURE = 0.8
_ABOUT_WHAT_IS_HELD = frozenset(
    (
        IntentName.REFINE,
        IntentName.SHOW_MORE,
        IntentName.PRODUCT_QUESTION,
        IntentName.REVIEW_QUESTION,
        IntentName.COMPARE,
    )
)


def adjust_intent(heard: Understanding, state: DialogueState) -> Understanding:
    """``heard`` with the intent that its own substance leaves possible."""
    if _names_the_unknown(heard, state):
        heard = heard.model_copy(update={"topic_change": True})
    name = _certain(heard, state)
    if name is None or name == heard.intent.name:
        return heard
    told = heard.intent
    intent = Intent(
        name=name,
        confidence=max(_CERTAIN, told.confidence),
        alternatives=[(told.name, told.confidence), *told.alternatives],
    )
    return heard.model_copy(update={"intent": intent})


def _names_the_unknown(heard: Understanding, state: DialogueState) -> bool:
    """Whether it asks for a thing that the shop has no word for, instead of what is looked for.

    "Do you have an umbrella?" after shoes is no wish about the shoes.
    """
    held = state.constraints
    if not heard.unknown_words or not (held.category or held.query):
        return False
    if heard.references or heard.resumes or heard.topic_return:
        return False
    told = heard.intent
    sure = told.name == IntentName.SEARCH and told.confidence >= _SURE
    asked = heard.asks_stock and told.name not in _ABOUT_WHAT_IS_HELD
    only_words = bool(heard.changes) and all(c.slot == "query" for c in heard.changes)
    return only_words and (sure or asked)


def _takes_back(heard: Understanding) -> bool:
    """Whether all it does is to let go of wishes."""
    ops = {change.op for change in heard.changes}
    return bool(ops) and ops <= {"remove", "clear"} and not heard.references


def _describes_what_is_sought(heard: Understanding, state: DialogueState) -> bool:
    """Whether what sounds like a complaint or like emptying the cart names a kind of product and
    how it should be, or only how not: "a sofa, not uncomfortable", 续航差的手机不要, "nothing that
    arrives damaged"."""
    if heard.references or heard.order_id or heard.intent.name not in _GRUMBLING:
        return False
    slots = {change.slot for change in heard.changes}
    if heard.intent.name == IntentName.COMPLAINT and _sets_out_without(heard.text):
        return bool(slots) or bool(state.shown) or not state.constraints.is_empty()
    judged = bool(slots & {"avoid_aspects", "prefer_aspects"})
    alone = heard.intent.name == IntentName.REMOVE_FROM_CART and not state.shown
    return "category" in slots and (judged or alone)


def _sets_out_without(text: str) -> bool:
    """Whether a message begins with the fault that a thing must not have."""
    return bool(_without().match(fold(text)))


@cache
def _without() -> re.Pattern[str]:
    begun, without = (
        alternatives(word for words in read_data("sought.yaml")[heading] for word in words)
        for heading in ("begun", "without")
    )
    return re.compile(rf"(?:{begun}\W+)*{without}")


def _certain(  # noqa: PLR0911, PLR0912 (a list of rules, each with its answer)
    heard: Understanding, state: DialogueState
) -> IntentName | None:
    told = heard.intent.name
    if heard.elsewhere:
        return IntentName.OUT_OF_SCOPE
    if heard.resets:
        return IntentName.SEARCH if heard.changes else IntentName.RESET
    # "Do you have a zither?": the classifier need not know the word to know what is asked.
    doubtful = heard.intent.confidence < _DOUBTFUL
    if doubtful and heard.asks_stock and heard.changes and not heard.references:
        return IntentName.SEARCH
    if _takes_back(heard):
        return IntentName.REFINE
    if _describes_what_is_sought(heard, state):
        return IntentName.SEARCH
    if told in _SERVICE:
        return None
    if heard.resumes:
        return IntentName.SEARCH
    wishes = [c for c in heard.changes if c.slot != "query"]
    searching = not state.constraints.is_empty() or bool(state.shown)
    # A question about a product's attribute filters nothing, so it can be no search.
    if heard.references and heard.asked_attributes and told in _ABOUT_PRODUCTS and not wishes:
        return IntentName.PRODUCT_QUESTION
    # "The second one": pointed at and nothing else said.
    if heard.references and not heard.changes and told in _ABOUT_PRODUCTS:
        return IntentName.PRODUCT_QUESTION
    named = any(c.slot == "category" for c in wishes)
    # Another kind of product named: whatever the verb, this looks for something else.
    if named and not heard.references and told == IntentName.REFINE and not searching:
        return IntentName.SEARCH
    if named and heard.topic_change and told in (IntentName.REFINE, IntentName.OUT_OF_SCOPE):
        return IntentName.SEARCH
    # Wishes without a kind of product continue what was being looked for.
    unsure = told in (IntentName.OUT_OF_SCOPE, IntentName.DENY, IntentName.AFFIRM)
    if wishes and not heard.references and searching and (unsure or told == IntentName.SEARCH):
        return IntentName.REFINE if not named else None
    if wishes and told == IntentName.OUT_OF_SCOPE and not heard.references:
        return IntentName.SEARCH
    return None
