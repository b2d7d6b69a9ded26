import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import OperationalError

from assistant.conversation.feed import ConversationFeed
from assistant.conversation.store import ConversationStore


async def collect(stream: AsyncIterator, into: list) -> None:
    async for message in stream:
        into.append((time.monotonic(), message))


def test_a_listener_gets_what_was_missed_then_news_within_a_second_until_the_end(
    sessions, service, desk
):
    conversation_id = service.start().conversation_id
    handoff = desk.request(conversation_id)
    # Another store object on the same database: what another process would write through.
    feed = ConversationFeed(ConversationStore(sessions))

    async def run() -> None:
        heard: list = []
        listening = asyncio.create_task(collect(feed.follow(conversation_id, 1), heard))
        await asyncio.sleep(0.4)
        assert [m.status for _, m in heard] == ["waiting_for_agent"]
        await asyncio.to_thread(desk.claim, handoff.id, "ann")
        sent = time.monotonic()
        await asyncio.to_thread(desk.message, handoff.id, "ann", "Hello, Ann here")
        await asyncio.sleep(0.9)
        assert [m.text for _, m in heard][-1] == "Hello, Ann here"
        assert heard[-1][0] - sent < 1
        await asyncio.to_thread(desk.resolve, handoff.id, "ann")
        await asyncio.wait_for(listening, 3)
        assert [m.seq for _, m in heard] == [2, 3, 4, 5]

    asyncio.run(run())


def test_a_hundred_listeners_cost_no_thread_each(service, sessions):
    ids = [service.start().conversation_id for _ in range(3)]
    feed = ConversationFeed(ConversationStore(sessions), heartbeat_s=0.2)

    async def run() -> None:
        before = threading.active_count()
        streams = [feed.follow(ids[i % 3], 1) for i in range(100)]
        # Every one of them comes to its heartbeat, which is after it has waited.
        first = await asyncio.wait_for(asyncio.gather(*(anext(s) for s in streams)), 20)
        assert set(first) == {None}
        assert threading.active_count() - before < 50
        await asyncio.gather(*(s.aclose() for s in streams))
        assert feed.listened_to == 0
        await feed.close()

    asyncio.run(run())


def test_an_erased_conversation_ends_the_stream(service, store):
    conversation_id = service.start("ann").conversation_id
    feed = ConversationFeed(store)

    async def run() -> None:
        heard: list = []
        listening = asyncio.create_task(collect(feed.follow(conversation_id, 0), heard))
        await asyncio.sleep(0.4)
        await asyncio.to_thread(store.erase, "ann")
        await asyncio.wait_for(listening, 3)
        assert [m.role for _, m in heard] == ["assistant"]

    asyncio.run(run())


@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_a_poll_that_fails_is_tried_again(service, store, desk, monkeypatch):
    conversation_id = service.start().conversation_id
    feed = ConversationFeed(store)
    real, failures = store.newest, iter([True, False])

    def sometimes(ids):
        if next(failures, False):
            raise OperationalError("select", {}, Exception("gone"))
        return real(ids)

    monkeypatch.setattr(store, "newest", sometimes)

    async def run() -> None:
        heard: list = []
        task = asyncio.create_task(collect(feed.follow(conversation_id, 1), heard))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(desk.close, conversation_id)
        await asyncio.wait_for(task, 3)
        assert heard[-1][1].status == "closed"

    asyncio.run(run())
