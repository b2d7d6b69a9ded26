"""Stores on both databases, and an engine that says what a test tells it to."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

import retrieval.store.tables  # noqa: F401  (all tables on one metadata)
from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.conversation.store import ConversationStore
from assistant.dialogue.outcome import Outcome, Owner
from assistant.dialogue.state import DialogueState
from assistant.turn import Personalised
from assistant.understanding.understanding import Intent, IntentName
from retrieval.events.event import Event
from retrieval.store.base import Base, Sessions, connect, session_factory

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"


class ScriptedEngine:
    """Answers by echo; ``before_answer`` runs while the bot is thinking."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before_answer: Callable[[str], None] = lambda text: None

    def greet(self, language: str, customer_id: str | None) -> str:
        return "你好" if language == "zh" else "Hello"

    def respond(self, text: str, state: DialogueState, owner: Owner) -> Outcome:
        self.calls.append(text)
        self.before_answer(text)
        wants_person = "person" in text
        return Outcome(
            state=state.model_copy(update={"turn": state.turn + 1}),
            intent=Intent(
                name=IntentName.HUMAN_AGENT if wants_person else IntentName.SEARCH, confidence=0.9
            ),
            action="handoff" if wants_person else "chat",
            reply=f"{state.turn + 1}: {text}",
            personalised=Personalised(on=False, why=""),
            handoff_reason=text if wants_person else None,
        )


class Notebook:
    """A recorder that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, events: list[Event]) -> None:
        self.events.extend(events)


def sqlite_sessions(folder: Path) -> tuple[Engine, Sessions]:
    engine = connect(f"sqlite:///{folder / 'shop.db'}")
    Base.metadata.create_all(engine)
    return engine, session_factory(engine)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sessions]:
    engine, sessions = sqlite_sessions(tmp_path)
    yield sessions
    engine.dispose()


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
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def store(sessions: Sessions) -> ConversationStore:
    return ConversationStore(sessions)


@pytest.fixture
def service(store: ConversationStore, engine: ScriptedEngine) -> ConversationService:
    return ConversationService(store, engine)


@pytest.fixture
def desk(sessions: Sessions) -> HandoffDesk:
    return HandoffDesk(sessions)
