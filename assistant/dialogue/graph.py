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
from assistant.dialogue.decide import SEARCHING, decide
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import shown
from assistant.dialogue.update import apply
from assistant.dialogue.work import Work
from assistant.understanding.rules import adjust_intent

Step = Callable[[Rooms, Work], Work]

STEPS: dict[str, Step] = {
    "find": find.find,
    "more": find.more,
    "relax": find.relax,
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
    heard = adjust_intent(heard, state)
    state = state.model_copy(update={"turn": state.turn + 1, "language": heard.language})
    spent = (perf_counter() - begun) * 1000
    return {"understanding": heard, "state": state, "timings_ms": {"understand": spent}}


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
    return {"route": route, "state": state, "settled": settled}
