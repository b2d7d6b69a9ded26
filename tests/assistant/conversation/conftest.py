"""Conversations on both databases."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, make_url, text

from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.conversation.store import ConversationStore
from assistant.dialogue.outcome import DialogueEngine
from retrieval.store.base import Base, Sessions, connect, session_factory

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"


@pytest.fixture(scope="session")
def postgres_schema() -> Iterator[Engine]:
    """A schema of its own on a real server; an absent server fails the tests."""
    schema = f"conversations_{uuid.uuid4().hex}"
    admin = connect(POSTGRES)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
    engine = connect(url.render_as_string(hide_password=False))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture
def postgres(postgres_schema: Engine) -> Sessions:
    with postgres_schema.begin() as connection:
        connection.execute(text("TRUNCATE conversations, cart_items CASCADE"))
    return session_factory(postgres_schema)


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def sessions(request: pytest.FixtureRequest) -> Sessions:
    found: Sessions = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def store(sessions: Sessions) -> ConversationStore:
    return ConversationStore(sessions)


@pytest.fixture
def service(store: ConversationStore, engine: DialogueEngine) -> ConversationService:
    return ConversationService(store, engine)


@pytest.fixture
def desk(sessions: Sessions) -> HandoffDesk:
    return HandoffDesk(sessions)
