"""What is asked about rather than asked for: "does it come in M?", "什么材质的"."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from assistant.dialogue.state import DialogueState
from assistant.understanding.message import Message, Unit
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understanding import Reference
from assistant.understanding.vocabulary import Sense

_PRICE = re.compile(
    r"\bhow much (?:is|are|does|do|for)\b|what(?:'s| is) the price|"
    r"多少钱|什么价|几块钱|价格是?多少|怎么卖"
)
_ASKED_FOR = re.compile(
    r"\b(?:show|find|looking for|search|want|recommend|give)\b|看看|推荐|找|想要|换|来点|给我"
)
_LAST_WORDS = 3
_SLOT_ROLES = (("stock_slot", "stock"), ("rating_slot", "rating"))


@dataclass
class Asked:
    attributes: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    """The words that name the attributes; reviews may speak of the same."""


def is_question(message: Message) -> bool:
    """Whether the message reads as a question, mark or no mark."""
    if "?" in message.folded:
        return True
    units = message.units
    last = [u for u in units if not u.role("comma")][-_LAST_WORDS:]
    return bool(units) and (
        units[0].role("question_start")
        or any(u.role("question_end") and message.tokens[u.first].is_han for u in last[-1:])
        or any(u.role("question_start") and message.tokens[u.first].is_han for u in units)
    )


def read_questions(
    message: Message,
    chosen: dict[int, Sense],
    references: list[Reference],
    state: DialogueState,
    cleared: set[int],
    shown: Sequence[ShownProduct] = (),
) -> Asked:
    """What is asked of a product; values asked about leave ``chosen``, so they filter nothing."""
    asked = Asked()
    question = is_question(message)
    if about := _about_shown(message, chosen, references, state, question):
        for index in [i for i in chosen if _is_asked(message, i)]:
            sense = chosen.pop(index)
            unit = message.units[index]
            message.use(unit.first, unit.last)
            asked.values.setdefault(sense.name, []).extend(
                v for v in sense.values if v not in asked.values.get(sense.name, ())
            )
            if question and sense.name not in asked.attributes:
                asked.attributes.append(sense.name)
    stated = {name for product in shown for name in product.attributes}
    asking = question and (about or bool(state.shown))
    for name, unit in _slots(message, {*chosen, *cleared}, stated):
        named = name in asked.values or any(sense.name == name for sense in chosen.values())
        if named or name in asked.attributes or not (asking or message.find("ask_which")):
            continue
        asked.attributes.append(name)
        if name in stated:
            # What the listing states needs no reviews to answer.
            message.use(unit.first, unit.last)
        else:
            asked.units.append(unit)
    if (price := _PRICE.search(message.folded)) and "price" not in asked.attributes:
        asked.attributes.append("price")
        message.use_span(*price.span())
    return asked


def _is_asked(message: Message, index: int) -> bool:
    """Whether a value is asked about; so is one left out, as in "what besides white?"."""
    return message.units[index].polarity == "want" or message.find("besides") is not None


def _about_shown(
    message: Message,
    chosen: dict[int, Sense],
    references: list[Reference],
    state: DialogueState,
    question: bool,
) -> bool:
    if message.find("like_it") and not message.find("previous") and references and not question:
        return False
    if any(change.op == "scale" for change in message.changes):
        return False
    asks_others = all(message.find(role) for role in ("ask_which", "besides"))
    asks_others = asks_others and any(unit.sense("slot") for unit in message.units)
    if references or message.find("difference") or asks_others:
        return True
    named = any(
        u.is_category and u.polarity == "want" and i not in chosen
        for i, u in enumerate(message.units)
    )
    if not question or named or _ASKED_FOR.search(message.folded):
        return False
    asks_size = any(sense.name == "size" for sense in chosen.values())
    return bool(chosen) and (bool(state.focus) or (bool(state.shown) and asks_size))


def _slots(
    message: Message, taken: Collection[int], stated: Collection[str]
) -> Iterator[tuple[str, Unit]]:
    """The attributes named, with their words; of several that words may mean, one ``stated``.

    "How big" of a thing that states no measure names none: reviews or the listing's text may tell.
    """
    for index, unit in enumerate(message.units):
        if index in taken:
            continue
        names = [sense.values[0] for sense in unit.senses() if sense.name == "slot"]
        names += [name for role, name in _SLOT_ROLES if unit.role(role)]
        known = [name for name in names if name in stated]
        if known or len(set(names)) == 1:
            yield (known or names)[0], unit
