"""Live conversations: new messages and changes of status, as they come, from whichever process.

One task per process polls the newest sequence numbers of all conversations listened to, in one
query; listeners only wait. So a listener costs no thread, and replicas need nothing but the store.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

from assistant.conversation.conversation import Message
from assistant.conversation.store import ConversationStore

log = logging.getLogger(__name__)

POLL_S = 0.25
HEARTBEAT_S = 15.0


class ConversationFeed:
    """Follows conversations. All its calls belong to one event loop."""

    def __init__(self, store: ConversationStore, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._store = store
        self._heartbeat_s = heartbeat_s
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._newest: dict[str, int] = {}
        self._poller: asyncio.Task[None] | None = None

    async def follow(self, conversation_id: str, after: int) -> AsyncIterator[Message | None]:
        """Messages with a sequence number above ``after``, then new ones as they come.

        ``None`` is a heartbeat: nothing new for a while. Ends when the conversation is closed or
        erased.
        """
        news = asyncio.Event()
        self._listeners.setdefault(conversation_id, set()).add(news)
        self._ensure_poller()
        try:
            while True:
                news.clear()
                for message in await asyncio.to_thread(
                    self._store.messages_after, conversation_id, after
                ):
                    after = message.seq
                    yield message
                    if message.status == "closed":
                        return
                if self._newest.get(conversation_id) == -1:
                    return
                try:
                    await asyncio.wait_for(news.wait(), self._heartbeat_s)
                except TimeoutError:
                    yield None
        finally:
            self._leave(conversation_id, news)

    @property
    def listened_to(self) -> int:
        """How many conversations have listeners."""
        return len(self._listeners)

    def _leave(self, conversation_id: str, news: asyncio.Event) -> None:
        listeners = self._listeners[conversation_id]
        listeners.discard(news)
        if not listeners:
            del self._listeners[conversation_id]
            self._newest.pop(conversation_id, None)

    def _ensure_poller(self) -> None:
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while self._listeners:
            wanted = list(self._listeners)
            try:
                newest = await asyncio.to_thread(self._store.newest, wanted)
            except Exception:  # whatever it is, the listeners must not wait for ever
                log.exception("The conversations could not be polled; trying again.")
                newest = {}
            else:
                newest = {name: newest.get(name, -1) for name in wanted}  # -1: erased
            for name, seq in newest.items():
                if name in self._listeners and self._newest.get(name) != seq:
                    self._newest[name] = seq
                    for news in self._listeners[name]:
                        news.set()
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        """Stop polling; to be called when the application ends."""
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller
