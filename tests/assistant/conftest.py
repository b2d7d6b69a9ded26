"""What several rooms of the assistant are tested with: a store, and an engine that echoes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import retrieval.store.tables  # noqa: F401  (all tables on one metadata)
from assistant.dialogue.outcome import Outcome, Owner
from assistant.dialogue.state import DialogueState
from assistant.turn import Personalised, ProductView, ReviewSummary
from assistant.understanding.understanding import Intent, IntentName
from retrieval.store.base import Base, Sessions, connect, session_factory


class ScriptedEngine:
    """Answers by echo; ``before_answer`` runs while the bot is thinking, ``shows`` are ids."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before_answer: Callable[[str], None] = lambda text: None
        self.shows: list[str] = []

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
            products=[card(i, position) for position, i in enumerate(self.shows)],
            personalised=Personalised(on=False, why=""),
            handoff_reason=text if wants_person else None,
        )


def card(product_id: str, position: int) -> ProductView:
    return ProductView(
        id=product_id,
        title=f"Product {product_id}",
        price=9.5,
        currency="USD",
        rating=None,
        review_count=0,
        image_url=None,
        url=None,
        in_stock=True,
        score=0.5,
        position=position,
        reasons=[],
        review_summary=ReviewSummary(positive=0, negative=0),
    )


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sessions]:
    database = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(database)
    yield session_factory(database)
    database.dispose()
