"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator

from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from assistant.api.problems import problem_of
from assistant.conversation.conversation import Conversation
from assistant.conversation.feed import ConversationFeed
from assistant.turn import Turn

log = logging.getLogger(__name__)

MEDIA_TYPE = "text/event-stream"
_PIECE = re.compile(r"\S+\s*|\s+")
_CHINESE_PIECE = 6


class EventStream(StreamingResponse):
    """A stream that proxies neither cache nor hold back."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        super().__init__(content, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


def wants_stream(accept: str | None) -> bool:
    """Whether a request's ``Accept`` names server-sent events."""
    return accept is not None and MEDIA_TYPE in accept.lower()


async def stream_turn(make: Callable[[], Turn]) -> AsyncIterator[bytes]:
    """The turn that ``make`` gives, as events; an error on the way as an ``error`` event."""
    try:
        turn = await run_in_threadpool(make)
    except Exception as error:
        problem = problem_of(error)
        yield _event("error", problem.model_dump(exclude_none=True))
        if problem.status >= 500:
            log.exception("A turn failed after its stream had begun.")
        return
    for name, data in turn_events(turn):
        yield _event(name, data)


def turn_events(turn: Turn) -> Iterator[tuple[str, object]]:
    """What is known, what is shown, the reply in pieces, and at last the whole turn."""
    whole = turn.model_dump(mode="json")
    later = ("reply", "products", "quick_replies", "timings_ms")
    yield "state", {key: value for key, value in whole.items() if key not in later}
    yield "products", whole["products"]
    for piece in pieces(turn.reply):
        yield "text", {"text": piece}
    yield "done", whole


def pieces(reply: str) -> Iterator[str]:
    """A text in pieces of about a word; joined they are the text again."""
    for match in _PIECE.finditer(reply):
        word = match.group()
        if word.isascii():
            yield word
        else:  # Chinese has no spaces
            for start in range(0, len(word), _CHINESE_PIECE):
                yield word[start : start + _CHINESE_PIECE]


async def stream_conversation(
    feed: ConversationFeed, conversation: Conversation, after: int, everything: bool
) -> AsyncIterator[bytes]:
    """The status now, then messages and changes of status as they come.

    The shopper hears agents and changes of status; ``everything`` is what an agent hears. The id
    of an event is its message's sequence number, by which a listener resumes.
    """
    yield _event("status", {"status": conversation.status})
    if conversation.status == "closed" and after >= conversation.last_seq:
        return
    async for message in feed.follow(conversation.id, after):
        if message is None:
            yield KEEPALIVE_COMMENT
        elif message.status is not None:
            yield _event("status", message, message.seq)
        elif everything or message.role == "agent":
            yield _event("message", message, message.seq)


def _event(name: str, data: object, number: int | None = None) -> bytes:
    plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    return format_sse_event(
        event=name,
        data_str=json.dumps(plain, ensure_ascii=False),
        id=None if number is None else str(number),
    )
