"""What is asked about rather than asked for: "does it come in M?", "什么材质的"."""

import re
from dataclasses import dataclass, field

from assistant.dialogue.state import DialogueState
from assistant.understanding.message import Message
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


@dataclass
class Asked:
    attributes: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)


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
) -> Asked:
    """What is asked of a product; values asked about leave ``chosen``, so they filter nothing."""
    asked = Asked()
    question = is_question(message)
    if about := _about_shown(message, chosen, references, state, question):
        for index in [i for i in chosen if message.units[i].polarity == "want"]:
            sense = chosen.pop(index)
            unit = message.units[index]
            message.use(unit.first, unit.last)
            asked.values.setdefault(sense.name, []).extend(
                v for v in sense.values if v not in asked.values.get(sense.name, ())
            )
            if question and sense.name not in asked.attributes:
                asked.attributes.append(sense.name)
    _read_slots(message, chosen, asked, cleared, question and (about or bool(state.shown)))
    if (price := _PRICE.search(message.folded)) and "price" not in asked.attributes:
        asked.attributes.append("price")
        message.use_span(*price.span())
    return asked


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
    if references:
        return True
    named = any(
        u.is_category and u.polarity == "want" and i not in chosen
        for i, u in enumerate(message.units)
    )
    if not question or named or _ASKED_FOR.search(message.folded):
        return False
    asks_size = any(sense.name == "size" for sense in chosen.values())
    return bool(chosen) and (bool(state.focus) or (bool(state.shown) and asks_size))


def _read_slots(
    message: Message, chosen: dict[int, Sense], asked: Asked, cleared: set[int], question: bool
) -> None:
    which = message.find("ask_which") is not None
    named = {sense.name for sense in chosen.values()}
    for index, unit in enumerate(message.units):
        if index in cleared or index in chosen:
            continue
        slot = unit.sense("slot")
        name = slot.values[0] if slot else "stock" if unit.role("stock_slot") else None
        if name is None or name in named or name in asked.values:
            continue
        if (
            (which or question or name == "stock")
            and name not in asked.attributes
            and (question or which)
        ):
            asked.attributes.append(name)
            message.use(unit.first, unit.last)
