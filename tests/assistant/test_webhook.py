import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from assistant.settings import Settings
from assistant.watching import Watching
from assistant.webhook import MOST_ATTEMPTS, Webhook, pause_after, sign
from retrieval.store.alarm_store import Alarm, AlarmStore
from retrieval.store.base import Sessions
from retrieval.store.insight_store import InsightStore

Answer = Callable[[httpx.Request], httpx.Response]
SECRET = "hush"


def alarm(key: str = "a1") -> Alarm:
    now = datetime.now(UTC)
    return Alarm(
        id=key,
        scope="product",
        key=key,
        aspect="battery",
        began=now,
        raised_at=now,
        before=0.1,
        since=0.9,
        mentions=10,
        complaints=9,
        review_ids=["r1", "r2"],
    )


@pytest.fixture
def alarms(sqlite: Sessions) -> AlarmStore:
    return AlarmStore(sqlite)


def webhook(alarms: AlarmStore, answer: Answer) -> Webhook:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Webhook(alarms, "https://merchant.example/hook", SECRET, client)


def test_a_message_is_signed_and_names_its_reviews(alarms: AlarmStore) -> None:
    got: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(204)

    alarms.keep([alarm()], notify=True)
    assert webhook(alarms, take).deliver_due() == 1
    (request,) = got
    body = json.loads(request.content)
    assert (body["type"], body["key"], body["review_ids"]) == ("review_alarm", "a1", ["r1", "r2"])
    assert request.headers["Idempotency-Key"] == body["id"] == "a1"
    stamp = request.headers["X-Shopkeeper-Timestamp"]
    assert abs(int(stamp) - datetime.now(UTC).timestamp()) < 60
    signed = f"{stamp}.".encode() + request.content
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Shopkeeper-Signature"] == f"sha256={expected}"
    assert SECRET not in str(request.headers) + request.content.decode()
    assert webhook(alarms, take).deliver_due() == 0 and len(got) == 1


def test_the_signature_covers_body_time_and_secret() -> None:
    signatures = {sign("a", 1, b"x"), sign("a", 1, b"y"), sign("a", 2, b"x"), sign("b", 1, b"x")}
    assert len(signatures) == 4


@pytest.mark.parametrize("status", [500, 429, 302])
def test_what_was_not_taken_waits_and_comes_again_as_it_was(
    alarms: AlarmStore, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bytes]] = []
    answers = [status, 200]

    def flaky(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["Idempotency-Key"], request.content))
        return httpx.Response(answers.pop(0), headers={"Location": "https://elsewhere.example"})

    alarms.keep([alarm()], notify=True)
    hook = webhook(alarms, flaky)
    assert hook.deliver_due() == 0
    assert alarms.outbox()["waiting"] == 1
    assert hook.deliver_due() == 0 and len(seen) == 1  # not yet
    alarms.failed("a1", "", again_in_s=-1)
    assert hook.deliver_due() == 1
    assert seen[0] == seen[1]
    assert alarms.outbox() == {"waiting": 0, "delivered": 1, "given_up": 0}


def test_a_receiver_that_is_away_or_gone(alarms: AlarmStore) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    alarms.keep([alarm()], notify=True)
    assert webhook(alarms, away).deliver_due() == 0
    alarms.failed("a1", "", again_in_s=-1)
    assert webhook(alarms, lambda request: httpx.Response(410)).deliver_due() == 0
    assert alarms.outbox() == {"waiting": 0, "delivered": 0, "given_up": 1}


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(n) for n in range(1, MOST_ATTEMPTS + 1)]
    known = [p for p in pauses if p is not None]
    assert known == sorted(known) and known[0] == 10 and known[-1] == 3600
    assert pauses[-1] is None and 20 < sum(known) / 3600 < 48


def test_one_that_fails_does_not_hold_up_the_others(alarms: AlarmStore) -> None:
    def only_b(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["Idempotency-Key"] == "b" else 500)

    alarms.keep([alarm("a"), alarm("b")], notify=True)
    assert webhook(alarms, only_b).deliver_due() == 1


def test_watching_looks_only_where_reviews_were_read(
    sqlite: Sessions, alarms: AlarmStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bool] = []
    read: list[None] = []
    monkeypatch.setattr(
        "assistant.watching.watch", lambda i, a, notify: looked.append(notify) or []
    )
    watching = Watching(InsightStore(sqlite), alarms, read=lambda: read.append(None))
    for _ in range(13):
        watching.look()
    assert looked == [False] and len(read) == 2
    watching.stop()


def test_an_address_without_a_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="WEBHOOK_SECRET"):
        Settings(_env_file=None, webhook_url="https://merchant.example/hook")
