from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply, next_wish, remember_shown, reset, resolve, set_focus
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understanding import (
    Change,
    Intent,
    IntentName,
    Reference,
    Understanding,
)
from retrieval.constraints import Constraints

SHOWN = [
    ShownProduct("a", "Linen dress", {"color": ["black"]}, 40.0, 4.1, "Dresses"),
    ShownProduct("b", "Silk dress", {"color": ["red"]}, 80.0, 4.9, "Dresses"),
    ShownProduct("c", "Cotton dress", {"color": ["white"]}, 60.0, 3.2, "Dresses"),
]
LISTS = ("attributes", "exclude", "prefer_attributes")


def heard(*changes: Change, **more: Any) -> Understanding:
    intent = Intent(name=IntentName.SEARCH, confidence=1)
    return Understanding(text="x", language="en", intent=intent, changes=list(changes), **more)


def change(op: str, slot: str, value: Any = None) -> Change:
    return Change.model_validate({"op": op, "slot": slot, "value": value, "words": f"{op} {slot}"})


def listed() -> DialogueState:
    said = heard(
        change("set", "category", "Dresses"),
        change("set", "price_max", 100),
        change("set", "attributes.color", "black"),
    )
    return remember_shown(apply(DialogueState(turn=3), said), ["a", "b", "c"])


def test_a_second_value_joins_and_a_set_replaces() -> None:
    state = apply(listed(), heard(change("add", "attributes.color", "navy")))
    assert state.constraints.attributes == {"color": ["black", "navy"]}
    state = apply(state, heard(change("set", "attributes.color", "red")))
    assert state.constraints.attributes == {"color": ["red"]}
    assert [p.value for p in state.provenance if p.slot == "attributes.color"] == ["red"]


def test_an_exclusion_takes_the_value_out_of_the_wishes_and_back() -> None:
    state = apply(listed(), heard(change("add", "exclude.color", "black")))
    assert (state.constraints.attributes, state.constraints.exclude) == ({}, {"color": ["black"]})
    state = apply(state, heard(change("set", "attributes.color", "black")))
    assert (state.constraints.attributes, state.constraints.exclude) == ({"color": ["black"]}, {})


@pytest.mark.parametrize(
    ("slot", "way", "bound", "value"),
    [
        ("price_max", "cheaper", "price_max", 59.99),
        ("price_min", "dearer", "price_min", 60.01),
        ("price_max", "dearer", "price_max", 150.0),
    ],
)
def test_relative_prices_are_measured_by_what_was_shown(
    slot: str, way: str, bound: str, value: float
) -> None:
    state = apply(listed(), heard(change("scale", slot, way)), SHOWN)
    assert getattr(state.constraints, bound) == value


def test_cheaper_than_one_product_is_below_its_price() -> None:
    second = Reference(kind="ordinal", value=2, words="the second one")
    told = heard(change("scale", "price_max", "cheaper"), references=[second])
    assert apply(listed(), told, SHOWN).constraints.price_max == 79.99


def test_cheaper_with_nothing_shown_lists_by_price() -> None:
    state = apply(DialogueState(), heard(change("scale", "price_max", "cheaper")))
    assert state.constraints.sort == "price_asc"


def test_cheaper_never_lifts_a_limit() -> None:
    low = listed().model_copy(update={"constraints": Constraints(price_max=20)})
    state = apply(low, heard(change("scale", "price_max", "cheaper")), SHOWN)
    assert state.constraints.price_max == 20


def test_a_new_bound_replaces_the_one_it_contradicts() -> None:
    state = apply(listed(), heard(change("set", "price_min", 300)))
    assert (state.constraints.price_min, state.constraints.price_max) == (300, None)


def test_a_new_topic_puts_the_old_one_aside_and_a_return_restores_it() -> None:
    first = listed()
    first = apply(first, heard(change("set", "attributes.gender", "women")))
    second = apply(first, heard(change("set", "category", "Phones"), topic_change=True))
    assert second.constraints == Constraints(category="Phones")
    assert [wish.constraints for wish in second.set_aside] == [first.constraints]
    told = heard(topic_change=True, topic_return=True, resumes="Dresses")
    third = apply(second, told)
    assert third.constraints == first.constraints
    assert [wish.constraints for wish in third.set_aside] == [second.constraints]
    assert {p.slot for p in third.provenance} >= {"category", "price_max", "attributes.color"}


def test_a_return_to_what_was_never_talked_about_is_a_new_topic() -> None:
    told = heard(change("set", "category", "Phones"), topic_change=True, topic_return=True)
    assert apply(listed(), told).constraints == Constraints(category="Phones")


@pytest.mark.parametrize(
    ("reference", "ids"),
    [
        (Reference(kind="ordinal", value=2, words="2"), ["b"]),
        (Reference(kind="ordinal", value=-1, words="last"), ["c"]),
        (Reference(kind="ordinal", value=7, words="7th"), []),
        (Reference(kind="attribute", value={"name": "color", "value": "Red"}, words="red"), ["b"]),
        (Reference(kind="extreme", value="cheapest", words="cheapest"), ["a"]),
        (Reference(kind="extreme", value="dearest", words="dearest"), ["b"]),
        (Reference(kind="extreme", value="best_rated", words="best"), ["b"]),
        (Reference(kind="name", value="Cotton dress", words="cotton dress"), ["c"]),
        (Reference(kind="focus", words="it"), []),
    ],
)
def test_resolve(reference: Reference, ids: list[str]) -> None:
    assert resolve([reference], listed(), SHOWN) == ids


def test_focus_and_the_one_before() -> None:
    state = set_focus(set_focus(listed(), ["a"]), ["c"])
    assert resolve([Reference(kind="focus", words="it")], state, SHOWN) == ["c"]
    assert resolve([Reference(kind="previous", words="the one before")], state, SHOWN) == ["a"]


def test_show_more_leaves_out_what_was_seen_until_the_wish_changes() -> None:
    state = remember_shown(listed(), ["d"])
    assert state.seen == ("a", "b", "c", "d")
    assert apply(state, heard()).seen == state.seen
    assert apply(state, heard(change("set", "price_max", 50))).seen == ()


def test_reset_keeps_only_language_and_turn() -> None:
    state = listed().model_copy(update={"language": "zh"})
    assert reset(state) == DialogueState(turn=3, language="zh")


NAMES = st.sampled_from(["color", "material", "brand"])
VALUES = st.sampled_from(["black", "red", "leather"])
CHANGES = st.one_of(
    st.builds(
        lambda op, slot, name, value: change(op, f"{slot}.{name}", value),
        st.sampled_from(["set", "add", "remove"]),
        st.sampled_from(LISTS),
        NAMES,
        VALUES,
    ),
    st.builds(lambda slot, name: change("clear", f"{slot}.{name}"), st.sampled_from(LISTS), NAMES),
    st.builds(
        lambda slot, value: change("set", slot, value),
        st.sampled_from(["price_min", "price_max"]),
        st.floats(1, 900),
    ),
    st.builds(lambda value: change("set", "category", value), st.sampled_from(["Shoes", "Hats"])),
    st.builds(
        lambda slot, value: change("add", slot, value),
        st.sampled_from(["avoid_aspects", "prefer_aspects"]),
        st.sampled_from(["sizing", "noise"]),
    ),
    st.builds(
        lambda pair: change("scale", *pair),
        st.sampled_from(
            [("price_max", "cheaper"), ("price_min", "dearer"), ("price_max", "dearer")]
        ),
    ),
    st.just(change("clear", "price_max")),
)


def slots(constraints: Constraints) -> set[tuple[str, str]]:
    """Slot and value of everything that is held."""
    held = set()
    data = constraints.model_dump(exclude_defaults=True, exclude={"query", "sort"})
    for slot, value in data.items():
        if isinstance(value, dict):
            held |= {(f"{slot}.{name}", v) for name, values in value.items() for v in values}
        elif isinstance(value, list):
            held |= {(slot, v) for v in value}
        else:
            held.add((slot, str(value)))
    return held


class Talk(RuleBasedStateMachine):
    """Any talk: nothing is forgotten that was not contradicted, nothing is held without words."""

    def __init__(self) -> None:
        super().__init__()
        self.state = remember_shown(DialogueState(), ["a", "b", "c"])

    @rule(said=CHANGES)
    def say(self, said: Change) -> None:
        before = slots(self.state.constraints)
        self.state = apply(self.state, heard(said), SHOWN)
        lost = before - slots(self.state.constraints)
        name = said.slot.partition(".")[2]
        for slot, value in lost:
            same_slot = slot == said.slot
            same_price = slot.startswith("price") and said.slot.startswith("price")
            contradicted = slot.partition(".")[2] == name and value == said.value
            firmer = slot == f"prefer_{said.slot}"
            turned = slot.endswith("_aspects") and value == said.value
            assert same_slot or same_price or contradicted or turned or firmer, (slot, value, said)

    @rule(category=st.sampled_from(["Shoes", "Hats"]), back=st.booleans())
    def change_topic(self, category: str, back: bool) -> None:
        told = heard(change("set", "category", category), topic_change=True, topic_return=back)
        self.state = apply(self.state, told, SHOWN)
        assert self.state.constraints.category == category

    @invariant()
    def every_value_has_its_words(self) -> None:
        told = {(p.slot, str(p.value)) for p in self.state.provenance if p.words}
        assert {(slot, str(value)) for slot, value in slots(self.state.constraints)} <= told

    @invariant()
    def wishes_and_exclusions_never_contradict(self) -> None:
        wish = self.state.constraints
        for name, values in wish.exclude.items():
            assert not set(values) & set(wish.attributes.get(name, []))
            assert not set(values) & set(wish.prefer_attributes.get(name, []))
        assert not set(wish.avoid_aspects) & set(wish.prefer_aspects)
        if wish.price_min is not None and wish.price_max is not None:
            assert wish.price_min <= wish.price_max

    @invariant()
    def it_survives_json(self) -> None:
        assert DialogueState.model_validate_json(self.state.model_dump_json()) == self.state

    @invariant()
    def no_more_than_five_topics_wait(self) -> None:
        assert len(self.state.set_aside) <= 5


TestTalk = Talk.TestCase
TestTalk.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@given(st.lists(CHANGES, max_size=6))
def test_apply_changes_nothing_it_was_given(said: list[Change]) -> None:
    state = listed()
    before = state.model_dump_json()
    apply(state, heard(*said), SHOWN)
    assert state.model_dump_json() == before


def test_further_kinds_of_product_wait_and_are_taken_up_when_named() -> None:
    shirts = [change("set", "category", "Shirts"), change("set", "attributes.color", "black")]
    trousers = [change("set", "category", "Trousers"), change("set", "price_max", 50)]
    state = apply(DialogueState(), heard(*shirts, further=[trousers]))
    assert state.constraints.category == "Shirts"
    assert [w.constraints for w in state.waiting] == [
        Constraints(category="Trousers", price_max=50)
    ]
    said = heard(topic_change=True, resumes="Trousers")
    turned = apply(state, said)
    assert turned.constraints == Constraints(category="Trousers", price_max=50)
    assert turned.waiting == ()
    assert {p.slot: p.words for p in turned.provenance}["price_max"] == "set price_max"
    assert next_wish(state).constraints == turned.constraints
    assert [w.constraints.category for w in turned.set_aside] == ["Shirts"]
    assert reset(state).waiting == ()
