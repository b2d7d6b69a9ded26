"""The dialogue graph: understand → decide → one of the ways → present.

Compiled without a checkpointer: what lasts between turns is the ``DialogueState``, which the
conversation service keeps in SQL together with the turn, in one transaction.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from langgraph.graph import END, START, StateGraph

from assistant.dialogue import cart, compare, explain, find, question, reviews, service, talk
from assistant.dialogue.decide import BY_INTENT, SEARCHING, chosen_intent, decide
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import Asked, DialogueState
from assistant.dialogue.targets import shown
from assistant.dialogue.update import apply
from assistant.dialogue.work import Work
from assistant.understanding.reviews import asks_again
from assistant.understanding.rules import adjust_intent
from assistant.understanding.understanding import Change, Intent, IntentName, Understanding
from retrieval.reviews.aspects import extract
from retrieval.reviews.clause_reader import ClauseReader
from retrieval.reviews.vocabulary import OwnWords, review_vocabulary, words_of

CLEAR = 0.7
"""How probable an aspect must be, for a question to be about it."""

_LOOKING = frozenset((IntentName.SEARCH, IntentName.REFINE, IntentName.OUT_OF_SCOPE))

Step = Callable[[Rooms, Work], Work]

STEPS: dict[str, Step] = {
    "find": find.find,
    "more": find.more,
    "relax": find.relax,
    "next": find.following,
    "compare": compare.compare,
    "explain": explain.explain,
    "question": question.question,
    "reviews": reviews.reviews,
    "cart_add": cart.cart_add,
    "cart_remove": cart.cart_remove,
    "cart_view": cart.cart_view,
    "order": service.order,
    "policy": service.policy,
    "complaint": service.complaint,
    "handoff": service.handoff,
    "chat": talk.chat,
    "reset": talk.reset,
    "lost": talk.lost,
}
KEEPS_MISSES = frozenset({"lost"})


def build_graph(rooms: Rooms) -> Any:
    """The compiled graph over ``rooms``; safe to use from several threads at once."""
    graph = StateGraph(Work)
    graph.add_node("understand", partial(understand, rooms))
    graph.add_node("decide", partial(choose, rooms))
    for name, step in STEPS.items():
        graph.add_node(name, partial(step, rooms))
        graph.add_edge(name, END)
    graph.add_edge(START, "understand")
    graph.add_edge("understand", "decide")
    graph.add_conditional_edges("decide", lambda work: work["route"], list(STEPS))
    return graph.compile()


def understand(rooms: Rooms, work: Work) -> Work:
    """What the message says, in the light of what was shown."""
    begun = perf_counter()
    state = work["state"]
    listed = shown(rooms, state)
    heard = rooms.understander().understand(work["text"], state, listed)
    asked = state.pending or {}
    if meant := chosen_intent(heard, asked):
        # What was not understood before is taken up again, now that its intent is known.
        heard = rooms.understander().understand(asked["text"], state, listed)
        heard = heard.model_copy(update={"intent": Intent(name=meant, confidence=1.0)})
    else:
        heard = adjust_intent(heard, state)
    heard = judged(heard, rooms.own_words(), rooms.clauses)
    heard = repeated(heard, state.asked)
    heard = calling(heard, rooms.finder.called)
    update = {"turn": state.turn + 1, "language": heard.language, "asked": _asked(heard)}
    state = state.model_copy(update=update)
    spent = (perf_counter() - begun) * 1000
    return {"understanding": heard, "state": state, "timings_ms": {"understand": spent}}


def repeated(heard: Understanding, asked: Asked | None) -> Understanding:
    """A question that only names another product, with what was asked of the one before."""
    told = heard.changes or heard.aspects or heard.asked_attributes or heard.asked_values
    pointed = heard.references and not heard.review_side
    if asked is None or told or not pointed or not asks_again(heard.text.casefold()):
        return heard
    update = {
        "intent": Intent(name=asked.intent, confidence=1.0),
        "aspects": list(asked.aspects),
        "asked_attributes": list(asked.attributes),
        "asked_values": asked.values,
        "review_side": asked.side,
    }
    return heard.model_copy(update=update)


def _asked(heard: Understanding) -> Asked | None:
    if heard.intent.name not in (IntentName.PRODUCT_QUESTION, IntentName.REVIEW_QUESTION):
        return None
    return Asked(
        intent=heard.intent.name,
        aspects=tuple(heard.aspects),
        attributes=tuple(heard.asked_attributes),
        values=heard.asked_values,
        side=heard.review_side,
    )


def calling(heard: Understanding, called: Callable[[str], str | None]) -> Understanding:
    """A product called by its number or whole title is looked for as it is called: a "Sunny Day
    Dress" is no wish for sunglasses."""
    looking = heard.intent.name in _LOOKING and not heard.references
    name = called(heard.text) if looking else None
    if name is None:
        return heard
    words = Change(op="set", slot="query", value=name, words=name, start=0, end=len(heard.text))
    update = {
        "intent": Intent(name=IntentName.SEARCH, confidence=1.0),
        "changes": [words],
        "further": [],
        "aside": None,
        "aspects": [],
        "unknown_words": [],
        "corrections": {},
        "topic_change": True,
        "topic_return": False,
        "resumes": None,
        "same": [],
    }
    return heard.model_copy(update=update)


def judged(
    heard: Understanding, own: OwnWords = (), clauses: ClauseReader | None = None
) -> Understanding:
    """A question with the aspects that its words judge, read as a review would be: 尺码准吗？

    ``own`` are aspects of the shop's own; of these the mere name is enough. ``clauses`` tells
    which aspect is meant where no word says it: "will I get blisters?".
    """
    asks = heard.intent.name in (IntentName.PRODUCT_QUESTION, IntentName.REVIEW_QUESTION)
    if not asks or heard.aspects or heard.doubts_reviews:
        return heard
    known, names = review_vocabulary(own), {name for name, _ in own}
    named = [
        meaning.aspect
        for item in known.find(words_of(heard.text), hints=False)
        for meaning in item.meanings
        if meaning.aspect in names
    ]
    said = [mention.aspect for mention in extract(heard.text, known)]
    found = list(dict.fromkeys([*named, *said]))
    stated = heard.asked_attributes or heard.asked_values
    if not found and clauses is not None and not stated and not heard.review_side:
        found = _meant(heard.text, clauses)
    return heard.model_copy(update={"aspects": found}) if found else heard


def _meant(text: str, clauses: ClauseReader) -> list[str]:
    """The aspect that a question is about by its meaning, where that is clear; else none."""
    weights: dict[str, float] = defaultdict(float)
    for label, probability in zip(
        clauses.card.labels, clauses.probabilities([text])[0], strict=True
    ):
        weights[label[:-1]] = max(weights[label[:-1]], float(probability))
    best = max(weights, key=lambda name: weights[name])
    return [best] if weights[best] >= CLEAR else []


def choose(rooms: Rooms, work: Work) -> Work:
    """The way to go; on the ways that search, the constraints change accordingly."""
    heard, state = work["understanding"], work["state"]
    route = decide(heard, state)
    settled = state.pending or {}
    state = state.model_copy(update={"pending": None})
    if route in SEARCHING:
        state = apply(state, heard, shown(rooms, state))
    if route not in KEEPS_MISSES:
        state = state.model_copy(update={"misses": 0})
    told, state = beside(rooms, work, state)
    return {"route": route, "state": state, "settled": settled, "told": told}


def beside(rooms: Rooms, work: Work, state: DialogueState) -> tuple[list[str], DialogueState]:
    """The answer to what is said beside the wish, and the state with what that answer asks."""
    heard = work["understanding"]
    if heard.aside is None:
        return [], state
    said = {"intent": heard.aside.intent, "text": heard.aside.text, "aside": None}
    alone: Work = {**work, "state": state, "understanding": heard.model_copy(update=said)}
    answer = STEPS[BY_INTENT[heard.aside.intent.name]](rooms, alone)
    pending = {"pending": answer["state"].pending}
    return answer["draft"].sentences, state.model_copy(update=pending)
