"""Who answers a script: the assistant in this process, or a service over HTTP."""

from typing import Protocol

import httpx
from pydantic import ValidationError

from assistant.conversation.service import ConversationService
from assistant.turn import Turn
from evals.errors import ServiceError


class Client(Protocol):
    """Holds conversations."""

    def start(self, customer: str | None, locale: str) -> str:
        """Opens a conversation and returns its id."""
        ...

    def send(self, conversation: str, text: str) -> Turn: ...

    def close(self) -> None:
        """Lets go of what the client holds."""
        ...


class InProcess:
    """Talks to the conversation service directly."""

    def __init__(self, service: ConversationService) -> None:
        self._service = service

    def start(self, customer: str | None, locale: str) -> str:
        return self._service.start(customer, locale, "eval").conversation_id

    def send(self, conversation: str, text: str) -> Turn:
        return self._service.send(conversation, text)

    def close(self) -> None:
        """The service is the caller's."""


class OverHttp:
    """Talks to a running service by the HTTP contract, version 1."""

    def __init__(self, base_url: str, timeout_s: float = 30.0) -> None:
        self._http = httpx.Client(base_url=base_url.rstrip("/"), timeout=timeout_s)
        self._tokens: dict[str, str] = {}

    def start(self, customer: str | None, locale: str) -> str:
        body = {"locale": locale, "channel": "eval"}
        opened = self._post(
            "/v1/conversations", body | ({"customer_id": customer} if customer else {})
        )
        conversation = str(opened["conversation_id"])
        self._tokens[conversation] = str(opened["token"])
        return conversation

    def send(self, conversation: str, text: str) -> Turn:
        path = f"/v1/conversations/{conversation}/messages"
        answer = self._post(path, {"text": text}, self._tokens[conversation])
        try:
            return Turn.model_validate(answer)
        except ValidationError as error:
            raise ServiceError(f"{path}: not a Turn: {error}") from error

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, body: dict[str, str], token: str | None = None) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            response = self._http.post(path, json=body, headers=headers)
            response.raise_for_status()
            answer: dict[str, object] = response.json()
        except httpx.HTTPStatusError as error:
            raise ServiceError(
                f"{path}: {error.response.status_code}: {error.response.text}"
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            raise ServiceError(f"{path}: {error}") from error
        return answer
