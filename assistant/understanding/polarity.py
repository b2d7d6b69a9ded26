"""The scope of negation and of soft wishes: which values are wanted, not wanted, nice to have."""

from collections.abc import Sequence

from assistant.understanding.message import Message, Polarity, Unit

_REACH = 20
"""Words that a cue reaches over at most."""
_REACHED_OVER = ("or", "one", "the", "any", "must")


def mark_polarity(message: Message) -> None:
    """Sets the polarity of every unit that names something.

    A cue reaches over the values after it that are joined by "or", "and" or commas, and ends at a
    turn ("but", "with"), at the noun that the values describe, or at a word of another kind:
    "not black or leather" excludes both, "no leather shoes" still wants shoes. A cue with nothing
    after it in its clause looks back: "the black is out", "塑料的不要".
    """
    units = message.units
    mode: Polarity = "want"
    reached = light = described = False
    last: Unit | None = None
    for index, unit in enumerate(units):
        if not index and unit.role("negator") and len(units) > 1 and units[1].role("comma"):
            continue  # "No, the dry one": an answer
        looks_back = unit.role("except_after") or (
            unit.role("negator", "light_negator", "let_go", "post_negator")
            and not any_follows(message, index)
        )
        if looks_back:
            _look_back(message, index, "exclude")
            mode = "want"
        elif unit.role("negator", "light_negator", "let_go"):
            mode = "drop" if unit.role("let_go") and not unit.role("negator") else "exclude"
            light, reached = unit.role("light_negator"), False
            described = light
        elif unit.role("post_soft", "soft") and not any_follows(message, index):
            _look_back(message, index, "soft")
            mode = "want"
        elif unit.role("soft"):
            mode, reached, light = "soft", False, False
        elif unit.is_value or unit.is_category:
            if reached and last is not None and _is_of_its_own(message, last, unit):
                mode = "want"
            last = unit
            noun = unit.is_category and not unit.is_value
            if mode == "soft" and noun:
                continue
            head = noun and (reached or described)
            unit.polarity = "want" if head else mode
            if head or light:
                mode, light = "want", False
            reached = True
        elif mode != "want" and _ends(message, units, index, reached, described):
            mode = "want"
        elif mode == "exclude":
            unit.polarity = mode
            thing = bool(unit.senses()) or not (unit.meanings or message.filler[unit.first])
            described = described or thing
    _drop_left(units)


def _drop_left(units: Sequence[Unit]) -> None:
    """Drops the kinds of product that are left for now: 鼠标先不看了."""
    for index, unit in enumerate(units):
        kinds = [u for u in units[max(0, index - _REACH) : index] if u.is_category]
        if kinds and unit.role("leave"):
            kinds[-1].polarity = "drop"


def _ends(
    message: Message, units: Sequence[Unit], index: int, reached: bool, described: bool
) -> bool:
    unit = units[index]
    if unit.role("break"):
        return (
            reached
            or described
            or message.tokens[unit.first].text in (".", "。", ";", "；", "!", "！")
        )
    if unit.role("comma"):
        # 不要黑色的，白色或灰色都行: in Chinese the enumeration has a comma of its own.
        nominal = unit.first and message.tokens[unit.first - 1].text == "的"
        return not (reached and not nominal and _list_goes_on(message, units, index))
    if unit.role(*_REACHED_OVER) or unit.meanings:
        return False
    # Filler keeps the scope open; so does anything before the first value ("made of plastic").
    return reached and not message.filler[unit.first]


def _list_goes_on(message: Message, units: Sequence[Unit], index: int) -> bool:
    """Whether values joined by a later "or" follow a comma: "not black, red or blue"."""
    goes_on = False
    named = next((_names(unit) for unit in reversed(units[:index]) if unit.is_value), set[str]())
    for unit in units[index + 1 : index + 1 + _REACH]:
        if unit.is_value:
            # "Not silk, and in navy": another attribute is another matter.
            if named.isdisjoint(_names(unit)):
                return False
            continue
        if not unit.meanings and message.filler[unit.first]:
            continue
        if unit.role("allowing"):
            return False
        elif unit.role("or"):
            goes_on = True
        elif not unit.role("comma", *_REACHED_OVER):
            return goes_on
    return goes_on


def any_follows(message: Message, index: int) -> bool:
    """Whether the clause goes on with something the cue can be about."""
    for unit in message.units[index + 1 : index + 1 + _REACH]:
        if unit.role("comma", "break") and not unit.is_value:
            return False
        if unit.senses() or not (unit.meanings or message.filler[unit.first]):
            return True
    return False


def _look_back(message: Message, index: int, polarity: Polarity) -> None:
    units = message.units
    passed: list[Unit] = []
    for unit in reversed(units[max(0, index - _REACH) : index]):
        if unit.role("lacking") and not unit.is_value:
            # 不是纯棉的不要: what is not cotton is not wanted.
            for twice in passed:
                twice.polarity = "want"
            return
        if unit.role("comma", "break", "negator") and not unit.is_value:
            return
        if unit.is_value:
            if passed and _is_apart(message, unit, passed[-1]):
                return
            unit.polarity = polarity
            passed.append(unit)


def _is_of_its_own(message: Message, last: Unit, unit: Unit) -> bool:
    """Whether a value is none of those that the cue reached: "not red size 43", 不要红色 42码."""
    if not unit.is_value or not _names(last).isdisjoint(_names(unit)):
        return False
    return _names(unit) == {"size"} or _is_apart(message, last, unit)


def _names(unit: Unit) -> set[str]:
    return {sense.name for sense in unit.senses()}


def _is_apart(message: Message, unit: Unit, following: Unit) -> bool:
    """Whether a space parts two Chinese values of different kinds: 无线 白色除外."""
    end, start = message.tokens[unit.last - 1].end, message.tokens[following.first].start
    spaced = message.tokens[following.first].is_han and any(
        c.isspace() for c in message.text[end:start]
    )
    return spaced and _names(unit).isdisjoint(_names(following))
