import pytest

from assistant.turn import IntentView, Personalised, ProductView, ReviewSummary, Turn
from evals.dialogues.checks import failures
from evals.dialogues.script import Expect
from retrieval.constraints import Constraints


def product(number: int = 1, **changes) -> ProductView:
    record = {
        "id": f"p{number}",
        "title": f"Dress {number}",
        "price": 50.0,
        "currency": "USD",
        "category": "Dresses",
        "attributes": {"color": ["Black"]},
        "rating": 4.5,
        "review_count": 9,
        "image_url": None,
        "url": None,
        "in_stock": True,
        "score": 0.5,
        "position": number - 1,
        "reasons": [],
        "review_summary": ReviewSummary(positive=1, negative=0),
    }
    return ProductView.model_validate(record | changes)


def turn(*products: ProductView, **changes) -> Turn:
    record = {
        "turn_id": "t",
        "conversation_id": "c",
        "status": "bot",
        "language": "en",
        "intent": IntentView(name="search", confidence=0.9),
        "action": "recommend",
        "constraints": Constraints(price_max=60, attributes={"color": ["black"]}),
        "reply": "I found " + ", ".join(p.title for p in products),
        "products": list(products),
        "personalised": Personalised(on=False, why=""),
    }
    return Turn.model_validate(record | changes)


def check(of: Turn, earlier=(), **expect) -> list[str]:
    return failures(of, Expect.model_validate(expect), list(earlier))


def test_a_good_turn_passes():
    expect = {
        "intent": ["search", "refine"],
        "action": "recommend",
        "constraints": {"price_max": 60, "attributes": {"color": ["BLACK"]}, "exclude": {}},
        "products": {
            "count": {"min": 1, "max": 4},
            "every": {"price": {"max": 60}, "attributes": {"color": ["black"]}},
            "none": {"price": {"min": 60}},
        },
        "reply": {"all": ["dress 1"], "any": ["x", "found"], "none": ["shoe"]},
    }
    assert check(turn(product()), **expect) == []


@pytest.mark.parametrize(
    "expect",
    [
        {"intent": "compare"},
        {"action": "clarify"},
        {"language": "zh"},
        {"status": "closed"},
        {"constraints": {"price_max": 50}},
        {"constraints": {"price_max": None}},
        {"constraints": {"attributes": {"color": ["red"]}}},
        {"constraints": {"nonsense": 1}},
        {"products": {"count": {"min": 2}}},
        {"products": {"count": {"max": 0}}},
        {"products": {"count": {"min": 1}, "every": {"price": {"max": 40}}}},
        {"products": {"count": {"min": 1}, "every": {"rating": {"min": 4.9}}}},
        {"products": {"count": {"min": 1}, "every": {"title_any": ["shoe"]}}},
        {"products": {"count": {"min": 1}, "every": {"category_any": ["shoe"]}}},
        {"products": {"count": {"min": 1}, "every": {"attributes": {"size": ["M"]}}}},
        {"products": {"count": {"min": 1}, "every": {"in_stock": False}}},
        {"products": {"count": {"min": 1}, "every": {"reason_kinds": ["price"]}}},
        {"products": {"count": {"min": 1}, "none": {"title_any": ["dress"]}}},
        {"products": {"some": {"title_any": ["shoe"]}}},
        {"reply": {"all": ["shoe"]}},
        {"reply": {"any": ["shoe", "hat"]}},
        {"reply": {"none": ["dress"]}},
        {"personalised": True},
    ],
)
def test_every_expectation_can_fail(expect):
    assert check(turn(product()), **expect)


def test_a_list_must_be_new_and_cheaper_where_that_is_asked():
    before = turn(product(1, price=50.0))
    same = turn(product(1, price=50.0))
    other = turn(product(2, price=40.0))
    wanted = {"products": {"count": {"min": 1}, "new": True, "cheaper": True}}
    assert len(check(same, [before], **wanted)) == 2
    assert check(other, [before], **wanted) == []


@pytest.mark.parametrize(
    "bad",
    [
        turn(product(), reply="Nothing is named here"),
        turn(product(1, price=61.0)),
        turn(product(1), product(1)),
        turn(reply="  ", action="chat"),
        turn(product(1, price=3.0), constraints=Constraints(price_min=5)),
    ],
)
def test_invariants_hold_without_being_asked_for(bad):
    assert check(bad)
