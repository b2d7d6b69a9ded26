from collections.abc import Callable

import pytest

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from evals.constraints import open_understander, read_shown
from retrieval.constraints import Constraints

Reading = Callable[..., Constraints]


@pytest.fixture(scope="session")
def understander() -> Understander:
    """Over the fixed catalogue of the evals, without an intent classifier."""
    return open_understander()


@pytest.fixture(scope="session")
def dresses() -> list[ShownProduct]:
    return read_shown("dresses")


@pytest.fixture
def dress_talk(dresses: list[ShownProduct]) -> DialogueState:
    """Black midi dresses under 100 were asked for, and three are on the screen."""
    wish = Constraints(category="Midi dresses", price_max=100, attributes={"color": ["black"]})
    return DialogueState(constraints=wish, shown=tuple(p.id for p in dresses), turn=1)


@pytest.fixture
def wish(understander: Understander) -> Reading:
    """The constraints that a message leads to, the query left out."""

    def read(
        text: str, state: DialogueState | None = None, shown: list[ShownProduct] | None = None
    ) -> Constraints:
        state, shown = state or DialogueState(), shown or []
        found = apply(state, understander.read(text, state, shown), shown).constraints
        return found.model_copy(update={"query": ""})

    return read
