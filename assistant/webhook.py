"""Delivers messages to the merchant's own system: signed, repeated until they are taken.

A receiver checks ``X-Shopkeeper-Signature``: ``sha256=`` and the HMAC-SHA256, in hexadecimal, of
``<X-Shopkeeper-Timestamp>.<body>`` with the shared secret, refuses timestamps that are old, and
remembers ``Idempotency-Key``, since a message whose answer was lost comes again.
"""

import hashlib
import hmac
import logging
import time

import httpx

from retrieval.store.alarm_store import AlarmStore, Message

log = logging.getLogger(__name__)

LEASE_S = 60.0
TIMEOUT_S = 10.0
FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 3600.0
MOST_ATTEMPTS = 30
"""With pauses that double up to an hour: a good day."""
GONE = 410
"""The answer with which a receiver refuses a message for good."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of ``X-Shopkeeper-Signature``."""
    signed = str(timestamp).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def pause_after(attempts: int) -> float | None:
    """Seconds until the next attempt, after so many; ``None`` to give up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempts - 1)))


class Webhook:
    """Empties the outbox into one address. Several processes may do so at once."""

    def __init__(
        self, store: AlarmStore, url: str, secret: str, client: httpx.Client | None = None
    ) -> None:
        self._store = store
        self._url = url
        self._secret = secret
        self._client = client or httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def deliver_due(self) -> int:
        """Tries every message that is due once; how many were taken. Never raises for them."""
        return sum(self._deliver(message) for message in self._store.claim(LEASE_S))

    def close(self) -> None:
        self._client.close()

    def _deliver(self, message: Message) -> bool:
        body, now = message.body.encode(), int(time.time())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            "X-Shopkeeper-Timestamp": str(now),
            "X-Shopkeeper-Signature": sign(self._secret, now, body),
        }
        pause = pause_after(message.attempts)
        try:
            answer = self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            problem = type(error).__name__
        else:
            if answer.is_success:
                self._store.delivered(message.id)
                return True
            problem = f"HTTP {answer.status_code}"
            pause = None if answer.status_code == GONE else pause
        self._store.failed(message.id, problem, pause)
        log.warning(
            "A message to the merchant's system was not taken (%s); %s.",
            problem,
            "given up" if pause is None else f"again in {pause:.0f} s",
        )
        return False
