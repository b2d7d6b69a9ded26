import pytest

from assistant.dialogue.state import DialogueState
from assistant.understanding.understander import Understander
from retrieval.constraints import Constraints
from tests.assistant.understanding.conftest import Reading

TALK = DialogueState(
    constraints=Constraints(
        category="Smartphones",
        price_max=700,
        attributes={"color": ["black"], "waterproof": ["yes"]},
    )
)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("hmm, make that 650", {"price_max": 650}),
        ("call it 650", {"price_max": 650}),
        ("还是六百吧", {"price_max": 600}),
        ("doesn't have to be under 700", {"price_max": None}),
        ("不一定要七百以内", {"price_max": None}),
        ("scratch the black", {"attributes": {"waterproof": ["yes"]}}),
        ("算了，不要防水了", {"attributes": {"color": ["black"]}}),
        ("which has the best camera?", {"prefer_aspects": ["camera"]}),
    ],
)
def test_corrections(wish: Reading, text: str, changed: dict[str, object]) -> None:
    assert wish(text, TALK) == TALK.constraints.model_copy(update=changed)


def test_a_budget_is_no_quantity(understander: Understander) -> None:
    heard = understander.read("a coat, budget 300", DialogueState())
    assert heard.quantity is None
    assert [(c.slot, c.value) for c in heard.changes if c.slot == "price_max"] == [
        ("price_max", 300)
    ]
