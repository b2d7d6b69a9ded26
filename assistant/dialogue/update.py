"""How the state changes: pure functions, none of which forgets or invents a wish.

Another kind of product starts anew: what was said of the one before is put aside with it, but for
what the message itself says is the same ("same budget").
"""

from collections.abc import Sequence
from statistics import median
from typing import Any

from assistant.dialogue.state import DialogueState, Provenance, Wish
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understanding import Change, Reference, Understanding
from retrieval.constraints import Constraints

TOPICS_KEPT = 5
FOCUS_KEPT = 5
SEEN_KEPT = 500
MET_KEPT = 20

_STEP_UP = 1.5
"""How far a shopper who minds paying more less is taken to go."""
_CENT = 0.01
_LISTS = ("attributes", "exclude", "prefer_attributes")
_ASPECTS = ("avoid_aspects", "prefer_aspects")


def apply(
    state: DialogueState,
    heard: Understanding,
    shown: Sequence[ShownProduct] = (),
    pointed: Sequence[str] | None = None,
) -> DialogueState:
    """The state after what was heard. ``shown`` gives the prices that "cheaper" is relative to;
    ``pointed`` are the ids the message refers to, resolved here where they are not given."""
    before = state.constraints
    if heard.resets:
        state = reset(state)
    if heard.topic_return or heard.topic_change:
        state = _turn_to(state, heard)
    elif heard.same:
        state = _carry_over(state, heard.same)
    ids = resolve(heard.references, state, shown) if pointed is None else list(pointed)
    for change in heard.changes:
        state = _change(state, change, _prices(shown, ids, state))
    state = _remember_further(state, heard)
    if state.constraints != before:
        state = state.model_copy(update={"seen": ()})
    return state.model_copy(update={"pending": None if heard.changes else state.pending})


def next_wish(state: DialogueState) -> DialogueState:
    """The state with the first of the waiting wishes taken up; the same where none waits."""
    if not state.waiting:
        return state
    return _take_up(state, state.waiting[0]).model_copy(update={"seen": (), "clarified": ()})


def reset(state: DialogueState) -> DialogueState:
    """Everything forgotten but the language and the count of turns."""
    return DialogueState(turn=state.turn, language=state.language)


def remember_shown(state: DialogueState, ids: Sequence[str]) -> DialogueState:
    """The state after a list was shown; ordinals refer to it from now on."""
    seen = tuple(dict.fromkeys([*state.seen, *ids]))[-SEEN_KEPT:]
    focus = (ids[0],) if len(ids) == 1 else ()
    met = tuple(dict.fromkeys([*ids, *state.met]))[:MET_KEPT]
    update = {"shown": tuple(ids), "seen": seen, "met": met, "focus": focus}
    return state.model_copy(update=update)


def set_focus(state: DialogueState, ids: Sequence[str]) -> DialogueState:
    """The state with these products talked about last; what was in focus comes after them."""
    focus = tuple(dict.fromkeys([*ids, *state.focus]))[:FOCUS_KEPT]
    return state.model_copy(update={"focus": focus})


def resolve(
    references: Sequence[Reference], state: DialogueState, shown: Sequence[ShownProduct]
) -> list[str]:
    """The ids that references point at, in the order said, each once; none for one that misses."""
    found: list[str] = []
    for reference in references:
        found += [i for i in _resolve(reference, state, shown) if i not in found]
    return found


def _resolve(
    reference: Reference, state: DialogueState, shown: Sequence[ShownProduct]
) -> list[str]:
    listed = [p for p in shown if p.id in state.shown] or list(shown)
    value = reference.value
    match reference.kind:
        case "ordinal":
            place = value - 1 if value > 0 else value
            return [state.shown[place]] if -len(state.shown) <= place < len(state.shown) else []
        case "focus":
            return list(state.focus[:1]) or (list(state.shown) if len(state.shown) == 1 else [])
        case "previous":
            return list(state.focus[1:2])
        case "attribute":
            wanted = str(value["value"]).casefold()
            fitting = [
                p.id
                for p in listed
                if wanted in (v.casefold() for v in p.attributes.get(value["name"], []))
            ]
            return fitting[:1]
        case "name":
            words = str(value).casefold()
            return [p.id for p in shown if words in p.title.casefold()][:1]
        case "extreme":
            return _extreme(str(value), listed)


def _extreme(which: str, listed: Sequence[ShownProduct]) -> list[str]:
    if not listed:
        return []
    if which == "best_rated":
        return [max(listed, key=lambda p: p.rating or 0.0).id]
    pick = min if which == "cheapest" else max
    return [pick(listed, key=lambda p: p.price).id]


def _prices(shown: Sequence[ShownProduct], ids: Sequence[str], state: DialogueState) -> list[float]:
    """What "cheaper" is measured against: the product meant, else the list last shown."""
    meant = [p.price for p in shown if p.id in ids]
    return meant or [p.price for p in shown if p.id in state.shown]


def _change(state: DialogueState, change: Change, prices: Sequence[float]) -> DialogueState:
    data = state.constraints.model_dump()
    kept = list(state.provenance)
    slot, _, name = change.slot.partition(".")
    if change.op == "scale":
        change = _scaled(change, data, prices)
        slot = change.slot
    if change.op == "clear":
        kept = [p for p in kept if p.slot != change.slot]
        _clear(data, slot, name)
    elif slot in _LISTS:
        _change_values(data, kept, change, slot, name)
    elif slot in _ASPECTS and change.op == "remove":
        data[slot] = [a for a in data[slot] if a != change.value]
        kept = [p for p in kept if not (p.slot == slot and p.value == change.value)]
    elif slot in _ASPECTS:
        data[slot] = _joined([] if change.op == "set" else data[slot], change)
        other = _ASPECTS[slot == _ASPECTS[0]]
        data[other] = [a for a in data[other] if a != change.value]
        kept = [p for p in kept if not (p.slot == other and p.value == change.value)]
    elif slot == "query" and change.op == "add":
        words = f"{data['query']} {change.value}".split()
        data["query"] = " ".join(dict.fromkeys(words))
    elif change.value is None:
        return state
    else:
        kept = [p for p in kept if p.slot != slot]
        data[slot] = change.value
        _keep_prices_ordered(data, kept, slot)
    if change.op not in ("clear", "remove") and change.value not in ("", None):
        noted = Provenance(
            slot=change.slot, value=change.value, words=change.words, turn=state.turn
        )
        kept = [p for p in kept if (p.slot, p.value) != (noted.slot, noted.value)] + [noted]
    constraints = Constraints.model_validate({k: v for k, v in data.items() if v != {}})
    return state.model_copy(update={"constraints": constraints, "provenance": tuple(kept)})


def _change_values(
    data: dict[str, Any], kept: list[Provenance], change: Change, slot: str, name: str
) -> None:
    """Changes a list of values; what contradicts the new value goes."""
    values = data[slot].get(name, [])
    if change.op == "remove":
        values = [v for v in values if v != change.value]
        kept[:] = [p for p in kept if not (p.slot == change.slot and p.value == change.value)]
    else:
        if change.op == "set":
            kept[:] = [p for p in kept if p.slot != change.slot]
            values = []
        if slot == "attributes":  # a must says more than the wish before it
            _put(data["prefer_attributes"], name, [])
            kept[:] = [p for p in kept if p.slot != f"prefer_attributes.{name}"]
        values = _joined(values, change)
        for other in ("attributes", "prefer_attributes") if slot == "exclude" else ("exclude",):
            left = [v for v in data[other].get(name, []) if v != change.value]
            kept[:] = [
                p for p in kept if not (p.slot == f"{other}.{name}" and p.value == change.value)
            ]
            _put(data[other], name, left)
    _put(data[slot], name, values)


def _put(lists: dict[str, list[str]], name: str, values: list[str]) -> None:
    if values:
        lists[name] = values
    else:
        lists.pop(name, None)


def _joined(values: list[str], change: Change) -> list[str]:
    return values if change.value in values else [*values, change.value]


def _clear(data: dict[str, Any], slot: str, name: str) -> None:
    if name:
        data[slot].pop(name, None)
    else:
        data[slot] = Constraints.model_fields[slot].get_default(call_default_factory=True)


def _scaled(change: Change, data: dict[str, Any], prices: Sequence[float]) -> Change:
    """A relative price as a bound: below or above what was shown, or a higher limit.

    Without anything to measure against, "cheaper" lists by price.
    """
    limit = data["price_max"]
    if change.slot == "price_max" and change.value == "dearer":
        value = round(limit * _STEP_UP, 2) if limit is not None else None
        return change.model_copy(update={"op": "set", "value": value})
    if not prices:
        order = "price_asc" if change.value == "cheaper" else "price_desc"
        return change.model_copy(update={"op": "set", "slot": "sort", "value": order})
    middle = median(prices)
    if change.value == "cheaper":
        value = max(0.0, round(middle - _CENT, 2))
        value = min(value, limit) if limit is not None else value
        return change.model_copy(update={"op": "set", "value": value})
    return change.model_copy(update={"op": "set", "value": round(middle + _CENT, 2)})


def _keep_prices_ordered(data: dict[str, Any], kept: list[Provenance], slot: str) -> None:
    """A new bound that the old opposite one contradicts takes its place."""
    low, high = data["price_min"], data["price_max"]
    if slot not in ("price_min", "price_max") or low is None or high is None or low <= high:
        return
    other = "price_max" if slot == "price_min" else "price_min"
    data[other] = None
    kept[:] = [p for p in kept if p.slot != other]


def _turn_to(state: DialogueState, heard: Understanding) -> DialogueState:
    """Turns to another kind of product: one that waits, one put aside if it goes back, or new."""
    known = (*state.waiting, *(state.set_aside if heard.topic_return else ()))
    wish = next((w for w in known if w.constraints.category == heard.resumes), None)
    if wish is not None and heard.resumes:
        return _take_up(state, wish)
    return _set_aside(state, heard.same) if heard.topic_change else state


def _carry_over(state: DialogueState, same: Sequence[str]) -> DialogueState:
    """The state with slots that are still empty as they were for the kind before: "same budget",
    said after the new kind was named."""
    if not state.set_aside:
        return state
    earlier = state.set_aside[0]
    names = [slot for slot in same if slot in Constraints.model_fields]
    empty = Constraints()
    missing = [n for n in names if getattr(state.constraints, n) == getattr(empty, n)]
    carried = {n: getattr(earlier.constraints, n) for n in missing}
    lists = {}
    for slot in _LISTS:
        held, before = getattr(state.constraints, slot), getattr(earlier.constraints, slot)
        wanted = {n.partition(".")[2] for n in same if n.startswith(f"{slot}.")} - held.keys()
        found = {n: v for n, v in before.items() if n in wanted}
        missing += [f"{slot}.{name}" for name in found]
        lists[slot] = {**held, **found}
    kept = tuple(p for p in earlier.provenance if p.slot in missing)
    return state.model_copy(
        update={
            "constraints": state.constraints.model_copy(update={**carried, **lists}),
            "provenance": (*state.provenance, *kept),
        }
    )


def _take_up(state: DialogueState, wish: Wish) -> DialogueState:
    """The state with a wish that waited or was put aside; the present one is put aside."""
    present = () if state.constraints.is_empty() else (_present(state),)
    left = tuple(w for w in state.set_aside if w is not wish)
    return state.model_copy(
        update={
            "constraints": wish.constraints,
            "provenance": wish.provenance,
            "set_aside": (*present, *left)[:TOPICS_KEPT],
            "waiting": tuple(w for w in state.waiting if w is not wish),
        }
    )


def _remember_further(state: DialogueState, heard: Understanding) -> DialogueState:
    """Lets what was said of further kinds of product wait; said again, it replaces the old."""
    waiting = list(state.waiting)
    for changes in heard.further:
        begun = _begin(state)
        for change in changes:
            begun = _change(begun, change, ())
        kind = begun.constraints.category
        waiting = [w for w in waiting if w.constraints.category != kind] + [_present(begun)]
    return state.model_copy(update={"waiting": tuple(waiting[:TOPICS_KEPT])})


def _present(state: DialogueState) -> Wish:
    return Wish(constraints=state.constraints, provenance=state.provenance)


def _set_aside(state: DialogueState, same: Sequence[str]) -> DialogueState:
    """Puts the present topic away and begins a new one."""
    empty = state.constraints.is_empty()
    aside = state.set_aside if empty else (_present(state), *state.set_aside)[:TOPICS_KEPT]
    return _begin(state, same).model_copy(update={"set_aside": aside})


def _begin(state: DialogueState, same: Sequence[str] = ()) -> DialogueState:
    """A new topic: of the present one only the slots that shall stay the ``same``."""
    old = state.constraints
    kept = {slot: getattr(old, slot) for slot in same if slot in Constraints.model_fields}
    for slot in _LISTS:
        names = {name.partition(".")[2] for name in same if name.startswith(f"{slot}.")}
        kept[slot] = {n: values for n, values in getattr(old, slot).items() if n in names}
    return state.model_copy(
        update={
            "constraints": Constraints(
                currency=old.currency, in_stock_only=old.in_stock_only
            ).model_copy(update=kept),
            "provenance": tuple(
                p for p in state.provenance if p.slot in same or p.slot == "in_stock_only"
            ),
            "clarified": (),
        }
    )
