"""The dialogue graph: understand → decide → one of the ways → present.

Compiled without a checkpointer: what lasts between turns is the ``DialogueState``, which the
conversation service keeps in SQL together with the turn, in one transaction.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from langgraph.graph import END, START, StateGraph

from assistant.dialogue import cart, compare, explain, find, question, reviews, service, talk
from assistant.dialogue.decide import BY_INTENT, SEARCHING, chosen_intent, decide
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.targets import shown
from assistant.dialogue.update import apply
from assistant.dialogue.work import Work
from assistant.understanding.rules import adjust_intent
from assistant.understanding.understanding import Intent, IntentName, Understanding
from retrieval.reviews.aspects import extract
from retrieval.reviews.vocabulary import OwnWords, vocabulary, words_of

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
    heard = judged(heard, rooms.own_words())
    state = state.model_copy(update={"turn": state.turn + 1, "language": heard.language})
    spent = (perf_counter() - begun) * 1000
    return {"understanding": heard, "state": state, "timings_ms": {"understand": spent}}


def judged(heard: Understanding, own: OwnWords = ()) -> Understanding:
    """A question with the aspects that its words judge, read as a review would be: 尺码准吗？

    ``own`` are aspects of the shop's own; of these the mere name is enough.
    """
    asks = heard.intent.name in (IntentName.PRODUCT_QUESTION, IntentName.REVIEW_QUESTION)
    if not asks or heard.aspects:
        return heard
    known, names = vocabulary(own), {name for name, _ in own}
    named = [
        meaning.aspect
        for item in known.find(words_of(heard.text), hints=False)
        for meaning in item.meanings
        if meaning.aspect in names
    ]
    said = [mention.aspect for mention in extract(heard.text, known)]
    found = list(dict.fromkeys([*named, *said]))
    return heard.model_copy(update={"aspects": found}) if found else heard


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
