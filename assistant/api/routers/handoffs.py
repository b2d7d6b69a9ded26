"""The queue of people waiting, for agents."""

from typing import Annotated

from fastapi import APIRouter, Path

from assistant.api.access import Agent, Counters, LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import HandoffQueue, NewMessage, Nothing, Outcome
from assistant.api.text import Key
from assistant.conversation.handoff import Handoff, HandoffStatus
from assistant.errors import NotImplementedYetError

router = APIRouter(prefix="/v1/handoffs", tags=["handoffs"])

HandoffId = Annotated[Key, Path()]
_ACT = documented(401, 403, 404, 409)


@router.get("", responses=documented(401, 403))
def list_handoffs(
    caller: Agent, shop: LoadedShop, status: HandoffStatus | None = None
) -> HandoffQueue:
    """Hand-offs, those who have waited longest first."""
    return HandoffQueue(handoffs=shop.handoffs.queue(status))


@router.get("/{handoff_id}", responses=documented(401, 403, 404))
def read_handoff(handoff_id: HandoffId, caller: Agent, shop: LoadedShop) -> Handoff:
    """One hand-off."""
    return shop.handoffs.get(handoff_id)


@router.post("/{handoff_id}/claim", responses=_ACT)
def claim(
    handoff_id: HandoffId,
    caller: Agent,
    shop: LoadedShop,
    counters: Counters,
    body: Nothing | None = None,
) -> Handoff:
    """Take a waiting conversation; from now on only you talk in it."""
    handoff = shop.handoffs.claim(handoff_id, caller.name)
    counters.handoffs.labels("claimed").inc()
    return handoff


@router.post("/{handoff_id}/messages", responses=_ACT)
def say(handoff_id: HandoffId, body: NewMessage, caller: Agent, shop: LoadedShop) -> Handoff:
    """Say something to the shopper."""
    return shop.handoffs.message(handoff_id, caller.name, body.text)


@router.post("/{handoff_id}/note", responses=_ACT)
def note(handoff_id: HandoffId, body: NewMessage, caller: Agent, shop: LoadedShop) -> Handoff:
    """Leave a remark for agents; the shopper does not see it."""
    return shop.handoffs.note(handoff_id, caller.name, body.text)


@router.post("/{handoff_id}/return", responses=_ACT)
def give_back(
    handoff_id: HandoffId,
    caller: Agent,
    shop: LoadedShop,
    counters: Counters,
    body: Nothing | None = None,
) -> Handoff:
    """Hand the conversation back to the assistant."""
    handoff = shop.handoffs.give_back(handoff_id, caller.name)
    counters.handoffs.labels("returned").inc()
    return handoff


@router.post("/{handoff_id}/resolve", responses=_ACT)
def resolve(
    handoff_id: HandoffId,
    caller: Agent,
    shop: LoadedShop,
    counters: Counters,
    body: Outcome | None = None,
) -> Handoff:
    """End the conversation as settled."""
    outcome = body.outcome if body is not None else None
    handoff = shop.handoffs.resolve(handoff_id, caller.name, outcome)
    counters.handoffs.labels("resolved").inc()
    return handoff


@router.get("/{handoff_id}/suggestions", responses=documented(401, 403, 404, 501))
def suggestions(handoff_id: HandoffId, caller: Agent, shop: LoadedShop) -> None:
    """Reply drafts for the agent. Not built yet."""
    shop.handoffs.get(handoff_id)
    raise NotImplementedYetError("Reply drafts are not built yet.")
