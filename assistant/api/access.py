"""Who may call: bearer tokens of conversations, API keys of agents and administrators."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from assistant.api.keys import ApiKeys, Caller
from assistant.api.loading import Loading
from assistant.api.metrics import Metrics
from assistant.api.ports import ApiShop
from assistant.api.text import Key
from assistant.conversation.feed import ConversationFeed
from assistant.errors import ConversationNotFoundError, ForbiddenError, UnauthorizedError

_bearer = HTTPBearer(auto_error=False, description="A conversation's token, or an API key.")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
AgentName = Annotated[
    Key | None,
    Header(description="Who is working, where several people share one API key."),
]


def loaded_shop(request: Request) -> ApiShop:
    """The shop. Raises ``NotReadyError`` while it loads."""
    loading: Loading = request.app.state.loading
    return loading.loaded_shop()


def metrics(request: Request) -> Metrics:
    found: Metrics = request.app.state.metrics
    return found


def api_keys(request: Request) -> ApiKeys:
    found: ApiKeys = request.app.state.keys
    return found


async def feed(request: Request, shop: "LoadedShop") -> ConversationFeed:
    """The process's one feed; made on the event loop, so that two first listeners share it."""
    state = request.app.state
    if state.feed is None:
        state.feed = ConversationFeed(shop.conversations.store)
    found: ConversationFeed = state.feed
    return found


LoadedShop = Annotated[ApiShop, Depends(loaded_shop)]
Keys = Annotated[ApiKeys, Depends(api_keys)]
Counters = Annotated[Metrics, Depends(metrics)]
Feed = Annotated[ConversationFeed, Depends(feed)]


@dataclass(frozen=True, slots=True)
class Access:
    """An opened conversation; ``agent`` is set where an API key opened it."""

    conversation_id: str
    agent: Caller | None = None


def shopper(
    shop: LoadedShop, credentials: Credentials, conversation_id: Annotated[Key, Path()]
) -> Access:
    """Lets the bearer of the conversation's token in.

    An unknown conversation and a wrong token get the same answer, so that nobody learns which
    conversations there are.
    """
    if credentials is None:
        raise UnauthorizedError("A bearer token is needed.")
    if not shop.conversations.store.opens(conversation_id, credentials.credentials):
        raise ConversationNotFoundError("There is no such conversation, or the token is wrong.")
    return Access(conversation_id)


def reader(
    shop: LoadedShop,
    keys: Keys,
    credentials: Credentials,
    conversation_id: Annotated[Key, Path()],
) -> Access:
    """Lets the shopper in, and any agent."""
    caller = keys.caller(credentials.credentials) if credentials is not None else None
    if caller is None:
        return shopper(shop, credentials, conversation_id)
    shop.conversations.store.get(conversation_id)
    return Access(conversation_id, caller)


def agent(keys: Keys, credentials: Credentials, x_agent: AgentName = None) -> Caller:
    """Lets agents and administrators in."""
    if credentials is None:
        raise UnauthorizedError("An API key is needed.")
    caller = keys.caller(credentials.credentials, x_agent)
    if caller is None:
        raise ForbiddenError("The API key is not known.")
    return caller


def admin(caller: Annotated[Caller, Depends(agent)]) -> Caller:
    """Lets administrators in."""
    if caller.role != "admin":
        raise ForbiddenError("This call needs the role admin.")
    return caller


Shopper = Annotated[Access, Depends(shopper)]
Reader = Annotated[Access, Depends(reader)]
Agent = Annotated[Caller, Depends(agent)]
Admin = Annotated[Caller, Depends(admin)]
