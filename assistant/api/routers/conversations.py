"""Conversations: open, talk, read, follow, ask for a person, judge."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from assistant.api.access import Counters, Feed, LoadedShop, Reader, Shopper
from assistant.api.ports import ApiShop
from assistant.api.problems import documented
from assistant.api.routers.customers import personalisation
from assistant.api.schemas import (
    CartLineView,
    ConversationOpened,
    ConversationView,
    HandoffAsked,
    HandoffWish,
    MessageView,
    NewConversation,
    NewFeedback,
    NewMessage,
    PersonalisationSwitch,
    PersonalisationView,
)
from assistant.api.stream import (
    MEDIA_TYPE,
    EventStream,
    stream_conversation,
    stream_turn,
    wants_stream,
)
from assistant.api.text import Key
from assistant.conversation.conversation import Message
from assistant.dialogue.outcome import Owner
from assistant.errors import InvalidRequestError
from assistant.turn import Turn, TurnLanguage

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])

_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The turn; with `Accept: text/event-stream` as events `state`, `products`, "
        "`text`, `done`, or `error` with a problem document.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}
_FOLLOWED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `message` and `status`, numbered; comments keep the line open.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


@router.post("", status_code=201, responses=documented())
def open_conversation(
    body: NewConversation,
    shop: LoadedShop,
    accept_language: Annotated[str | None, Header()] = None,
) -> ConversationOpened:
    """Open a conversation. Keep the token: it is shown once, here."""
    started = shop.conversations.start(
        customer_id=body.customer_id,
        locale=body.locale or shop.settings.locale,
        channel=body.channel,
        language=preferred_language(accept_language),
    )
    return ConversationOpened(
        conversation_id=started.conversation_id,
        token=started.token,
        greeting=started.greeting,
        locale=started.language,
    )


@router.post(
    "/{conversation_id}/messages",
    response_model=Turn,
    responses={**documented(401, 404, 409, 413), **_STREAMED},
)
def send_message(
    body: NewMessage,
    access: Shopper,
    shop: LoadedShop,
    counters: Counters,
    accept: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[Key | None, Header()] = None,
) -> Turn | EventStream:
    """Say something; the answer is the assistant's turn, or silence while a person answers."""
    service = shop.conversations
    pending = service.begin(access.conversation_id, body.text, idempotency_key)

    def finish() -> Turn:
        turn = service.finish(pending)
        if pending.answer is None:
            counters.observe_turn(turn)
        return turn

    return EventStream(stream_turn(finish)) if wants_stream(accept) else finish()


@router.get("/{conversation_id}", responses=documented(401, 404))
def read_conversation(access: Reader, shop: LoadedShop) -> ConversationView:
    """Transcript and current state; for the shopper and for agents."""
    transcript = shop.conversations.transcript(access.conversation_id)
    conversation = transcript.conversation
    return ConversationView(
        conversation_id=conversation.id,
        status=conversation.status,
        language=conversation.language,
        locale=conversation.locale,
        channel=conversation.channel,
        customer_id=conversation.customer_id,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        constraints=conversation.state.constraints,
        cart=cart_lines(shop, Owner(conversation.id, conversation.customer_id)),
        messages=[_view(m, transcript.turns) for m in transcript.messages],
    )


@router.get(
    "/{conversation_id}/events",
    response_class=StreamingResponse,
    response_model=None,
    responses={**documented(401, 404), **_FOLLOWED},
)
def follow_conversation(
    access: Reader,
    shop: LoadedShop,
    feed: Feed,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> EventStream:
    """Messages of an agent and changes of status, as they come; for an agent, all messages."""
    conversation = shop.conversations.store.get(access.conversation_id)
    after = conversation.last_seq if last_event_id is None else last_event_id
    return EventStream(stream_conversation(feed, conversation, after, access.agent is not None))


@router.post("/{conversation_id}/handoff", responses=documented(401, 404, 409))
def ask_for_person(
    access: Shopper, shop: LoadedShop, counters: Counters, body: HandoffWish | None = None
) -> HandoffAsked:
    """Ask for a person. Asking again changes nothing."""
    reason = body.reason if body is not None else ""
    handoff = shop.handoffs.request(access.conversation_id, reason)
    counters.handoffs.labels("asked").inc()
    return HandoffAsked(
        conversation_id=access.conversation_id,
        handoff_id=handoff.id,
        status=handoff.conversation_status,
    )


@router.put("/{conversation_id}/personalisation", responses=documented(401, 404))
def switch_personalisation(
    body: PersonalisationSwitch, access: Shopper, shop: LoadedShop
) -> PersonalisationView:
    """The shopper's own switch: whether what they did here is used to rank from now on."""
    conversation = shop.conversations.store.get(access.conversation_id)
    if conversation.customer_id is None:
        raise InvalidRequestError("customer_id", "The shopper is not signed in.")
    shop.customers.set_personalise(conversation.customer_id, body.on)
    return personalisation(shop, conversation.customer_id, conversation.language)


@router.post("/{conversation_id}/feedback", status_code=204, responses=documented(401, 404))
def give_feedback(body: NewFeedback, access: Shopper, shop: LoadedShop) -> Response:
    """Judge a turn; a second verdict replaces the first."""
    shop.conversations.feedback(access.conversation_id, body.turn_id, body.value, body.comment)
    return Response(status_code=204)


def preferred_language(accept_language: str | None) -> TurnLanguage:
    """The first of the spoken languages that a browser asks for, English otherwise."""
    for part in (accept_language or "").split(","):
        code = part.split(";")[0].strip().lower()
        if code.startswith("zh"):
            return "zh"
        if code.startswith("en"):
            return "en"
    return "en"


def cart_lines(shop: ApiShop, owner: Owner) -> list[CartLineView]:
    """The cart with titles and prices of now; lines of products that are gone are left out."""
    lines = shop.rooms.carts.lines(owner)
    products = shop.catalog.get_many({line.product_id for line in lines})
    return [
        CartLineView(
            product_id=line.product_id,
            sku=line.sku,
            title=product.title,
            quantity=line.quantity,
            price=variant.price,
            currency=product.currency,
        )
        for line in lines
        if (product := products.get(line.product_id)) is not None
        for variant in product.variants
        if variant.sku == line.sku
    ]


def _view(message: Message, turns: dict[str, Any]) -> MessageView:
    turn = turns.get(message.turn_id or "") if message.role == "assistant" else None
    return MessageView.model_validate({**message.model_dump(), "turn": turn})
