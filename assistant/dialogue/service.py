"""Customer service without a person: orders, the shop's rules, complaints, hand-off."""

from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply.money import money
from assistant.reply.phrases import Phrases
from assistant.understanding.understanding import IntentName
from retrieval.store.order import Order

ORDERS_LISTED = 3
OFFER = ["quick_yes", "quick_no"]


def order(rooms: Rooms, work: Work) -> Work:
    """Tells the state of the customer's own orders; never of anybody else's."""
    state, book, owner = work["state"], book_of(work), work["owner"]
    wanted = work["understanding"].order_id
    if owner.customer_id is None:
        return _offer_person(state, "order", book.say("order_need_customer"))
    if wanted:
        found = rooms.orders.get(wanted)
        if found is None or found.customer_id != owner.customer_id:
            return _offer_person(state, "order", book.say("order_not_found", order_id=wanted))
        return {"draft": Draft("order", _order(found, book), lines=True), "state": state}
    orders = rooms.orders.by_customer(owner.customer_id, ORDERS_LISTED)
    if not orders:
        return {"draft": Draft("order", [book.say("order_none")]), "state": state}
    said = [book.say("order_recent")] if len(orders) > 1 else []
    said += [line for one in orders for line in _order(one, book)]
    draft = Draft("order", said, quick=["quick_returns", "quick_person"], lines=True)
    return {"draft": draft, "state": state}


def policy(rooms: Rooms, work: Work) -> Work:
    """Answers from the shop's own passages, with the source; without one, says so."""
    state, book = work["state"], book_of(work)
    passages = rooms.policies.find(work["understanding"].text, book.language)
    if not passages:
        return _offer_person(state, "answer", book.say("policy_unknown"))
    said = [book.say("policy_answer", passage=p.text, source=p.source) for p in passages]
    return {"draft": Draft("answer", said, quick=["quick_person"], lines=True), "state": state}


def complaint(rooms: Rooms, work: Work) -> Work:
    """Says sorry and offers a person at once."""
    return _offer_person(work["state"], "answer", book_of(work).say("complaint"))


def handoff(rooms: Rooms, work: Work) -> Work:
    """Asks for a person. The conversation service opens the hand-off."""
    state, heard = work["state"], work["understanding"]
    accepted = heard.intent.name != IntentName.HUMAN_AGENT
    reason = work["settled"].get("reason", "accepted") if accepted else "asked"
    draft = Draft("handoff", [book_of(work).say("handoff_started")], handoff_reason=reason)
    return {"draft": draft, "state": state.model_copy(update={"misses": 0})}


def _offer_person(state: DialogueState, action: str, text: str) -> Work:
    state = state.model_copy(update={"pending": {"kind": "offer_person", "reason": action}})
    draft = Draft("order" if action == "order" else "answer", [text], quick=OFFER)
    return {"draft": draft, "state": state}


def _order(order: Order, book: Phrases) -> list[str]:
    items = [f"{line.quantity} × {line.title}" for line in order.lines]
    said = book.say(
        "order_line",
        order_id=order.id,
        date=f"{order.placed_at:%Y-%m-%d}",
        status=book.say(f"order_status_{order.status.value}"),
        items=book.join(items),
    )
    total = book.say("cart_total", total=money(order.total, order.currency))
    tracking = order.attributes.get("tracking_number")
    carrier = order.attributes.get("carrier")
    sent = book.say("order_tracking", carrier=carrier, tracking=tracking) if tracking else ""
    return [book.sentences([said, total, sent])]
