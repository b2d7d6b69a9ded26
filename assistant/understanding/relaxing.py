"""Sorting, relative prices, and taking wishes back."""

from assistant.dialogue.state import DialogueState
from assistant.understanding.message import Message, Unit
from assistant.understanding.polarity import any_follows

_NEAR = 3
"""How many words may stand between "any" and what it is about."""
_OPPOSITE = {"price_min": "price_max", "price_max": "price_min"}
_SORTS = {
    "sort_price_asc": "price_asc",
    "sort_price_desc": "price_desc",
    "sort_rating": "rating",
    "sort_newest": "newest",
    "sort_popular": "popular",
}
_EXTREMES = {
    "extreme_cheapest": "price_asc",
    "extreme_dearest": "price_desc",
    "extreme_best_rated": "rating",
}


def read_sort(message: Message, *, superlative_sorts: bool) -> None:
    """Notes an order of the list. "The cheapest" is one only when it points at nothing shown."""
    for unit in message.units:
        for role, value in (_SORTS | (_EXTREMES if superlative_sorts else {})).items():
            if unit.role(role) and not any(c.slot == "sort" for c in message.changes):
                message.change("set", "sort", value, unit.first, unit.last)
                message.use(unit.first, unit.last)
    sold_out = message.find("include_sold_out")
    if sold_out:
        message.change("set", "in_stock_only", False, sold_out.first, sold_out.last)
        message.use(sold_out.first, sold_out.last)


def read_relative_price(message: Message) -> None:
    """Notes "cheaper" and "something nicer"; a bound in the same message says it better."""
    bounded = any(c.slot in ("price_min", "price_max") for c in message.changes)
    for unit in message.units:
        if unit.role("dearer_ok"):
            change = ("price_max", "dearer")
        elif unit.role("cheaper"):
            change = ("price_max", "cheaper")
        elif unit.role("dearer"):
            change = ("price_min", "dearer")
        elif unit.role("frugal"):
            message.use(unit.first, unit.last)
            if not bounded:
                message.change("add", "prefer_aspects", "price", unit.first, unit.last)
            continue
        else:
            continue
        message.use(unit.first, unit.last)
        if not bounded:
            message.change("scale", *change, unit.first, unit.last)
            bounded = True


def release_prices(message: Message) -> None:
    """Turns a bound that need not hold any more into its end: "needn't be under 700"."""
    for place, change in enumerate(message.changes):
        before = [u for u in message.units if message.tokens[u.last - 1].end <= change.start]
        if change.slot not in ("price_min", "price_max") or not before:
            continue
        cue = before[-1]
        start = message.tokens[cue.first].start
        if cue.role("let_go") and change.start - message.tokens[cue.last - 1].end <= 1:
            words = message.text[start : change.end]
            gone = {"op": "clear", "value": None, "start": start, "words": words}
            message.changes[place] = change.model_copy(update=gone)


def refuse_prices(message: Message) -> None:
    """Turns a bound whose far side is refused: "400以上的不要" asks for less than 400."""
    for place, change in enumerate(message.changes):
        other = _OPPOSITE.get(change.slot)
        if not other or any(c.slot == other for c in message.changes):
            continue
        place_after = next(
            (
                index
                for index, unit in enumerate(message.units)
                if message.tokens[unit.first].start >= change.end
                and (message.tokens[unit.first].text != "的" or unit.role("post_negator"))
            ),
            None,
        )
        if place_after is None or any_follows(message, place_after):
            continue
        cue = message.units[place_after]
        if cue.role("post_negator", "negator") and message.tokens[cue.first].is_han:
            message.changes[place] = change.model_copy(update={"slot": other})
            message.use(cue.first, cue.last)
            message.units.remove(cue)


def read_clearing(message: Message, state: DialogueState) -> set[int]:
    """Notes slots that no longer matter; gives the positions of the units that named them."""
    done: set[int] = set()
    for index, unit in enumerate(message.units):
        slots = _slots_named(unit, state)
        if not slots:
            continue
        cue = _cue_near(message.units, index)
        if cue is None:
            continue
        first, last = min(unit.first, cue.first), max(unit.last, cue.last)
        for slot in slots:
            message.change("clear", slot, None, first, last)
        for aspects in ("avoid_aspects", "prefer_aspects"):
            for slot in slots:
                name = slot.partition(".")[2]
                if slot.startswith("attributes.") and name in getattr(state.constraints, aspects):
                    message.change("remove", aspects, name, first, last)
        message.use(first, last)
        done.add(index)
    return done


def read_same(message: Message, state: DialogueState) -> list[str]:
    """Slots said to stay as they are: "now shoes, same budget", "颜色一样"."""
    found: list[str] = []
    for index, unit in enumerate(message.units):
        near = message.units[max(0, index - 1) : index + 3]
        if slots := _slots_named(unit, state):
            cue = next((u for u in near if u.role("same")), None)
            if cue:
                message.use(min(unit.first, cue.first), max(unit.last, cue.last))
                found += slots
    return found


def _slots_named(unit: Unit, state: DialogueState) -> list[str]:
    if unit.role("price_slot"):
        return ["price_min", "price_max"]
    if unit.role("rating_slot"):
        return ["rating_min"]
    slot = unit.sense("slot")
    if not slot:
        return []
    name = slot.values[0]
    held = state.constraints
    slots = [f"attributes.{name}"]
    slots += [f"exclude.{name}"] if name in held.exclude else []
    return slots + ([f"prefer_attributes.{name}"] if name in held.prefer_attributes else [])


def _cue_near(units: list[Unit], index: int) -> Unit | None:
    """The "any" or "doesn't matter" that belongs to a slot, with no value between them."""
    for step, unit in enumerate(reversed(units[:index])):
        if step >= _NEAR or (unit.role("comma", "break") and not unit.role("any", "let_go")):
            break
        if unit.is_value:
            break
        if unit.role("let_go", "any") and not unit.role("ask_which"):
            return unit
        if unit.role("any") and any(
            u.role("post_any") for u in units[index + 1 : index + 1 + _NEAR]
        ):
            return unit
    for unit in units[index + 1 : index + 1 + _NEAR]:
        if unit.is_value or unit.role("comma"):
            return None
        if unit.role("post_any"):
            return unit
        if unit.role("post_negator", "let_go") and not unit.role("negator"):
            return unit
    return None
