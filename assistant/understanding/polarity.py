"""The scope of negation and of soft wishes: which values are wanted, not wanted, nice to have."""

from collections.abc import Sequence

from assistant.understanding.message import Message, Polarity, Unit

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
    for index, unit in enumerate(units):
        looks_back = unit.role("except_after") or (
            unit.role("negator", "light_negator", "let_go", "post_negator")
            and not _any_follows(message, index)
        )
        if looks_back:
            _look_back(units, index, "exclude")
            mode = "want"
        elif unit.role("negator", "light_negator", "let_go"):
            mode = "drop" if unit.role("let_go") and not unit.role("negator") else "exclude"
            light, reached = unit.role("light_negator"), False
            described = light
        elif unit.role("post_soft", "soft") and not _any_follows(message, index):
            _look_back(units, index, "soft")
            mode = "want"
        elif unit.role("soft"):
            mode, reached, light = "soft", False, False
        elif unit.is_value or unit.is_category:
            noun = unit.is_category and not unit.is_value
            if mode == "soft" and noun:
                continue
            head = noun and (reached or described)
            unit.polarity = "want" if head else mode
            if head or light:
                mode, light = "want", False
            reached = True
        elif mode != "want" and _ends(message, units, index, reached):
            mode = "want"
        elif mode == "exclude":
            unit.polarity = mode
            thing = bool(unit.senses()) or not (unit.meanings or message.filler[unit.first])
            described = described or thing


def _ends(message: Message, units: Sequence[Unit], index: int, reached: bool) -> bool:
    unit = units[index]
    if unit.role("break"):
        return reached or message.tokens[unit.first].text in (".", "。", ";", "；", "!", "！")
    if unit.role("comma"):
        return not (reached and _list_goes_on(units, index))
    if unit.role(*_REACHED_OVER) or unit.meanings:
        return False
    # Filler keeps the scope open; so does anything before the first value ("made of plastic").
    return reached and not message.filler[unit.first]


def _list_goes_on(units: Sequence[Unit], index: int) -> bool:
    """Whether values joined by a later "or" follow a comma: "not black, red or blue"."""
    saw_value = False
    for unit in units[index + 1 :]:
        if unit.is_value:
            saw_value = True
        elif unit.role("or"):
            return saw_value or True
        elif not unit.role("comma", *_REACHED_OVER):
            return False
    return False


def _any_follows(message: Message, index: int) -> bool:
    """Whether the clause goes on with something the cue can be about."""
    for unit in message.units[index + 1 :]:
        if unit.role("comma", "break") and not unit.is_value:
            return False
        if unit.senses() or not (unit.meanings or message.filler[unit.first]):
            return True
    return False


def _look_back(units: Sequence[Unit], index: int, polarity: Polarity) -> None:
    for unit in reversed(units[:index]):
        if unit.role("comma", "break", "negator") and not unit.is_value:
            return
        if unit.is_value:
            unit.polarity = polarity
