"""Which kind of product is meant, and whether that is a new topic or an old one."""

from dataclasses import dataclass

from assistant.dialogue.state import DialogueState
from assistant.understanding.message import Message, Unit
from assistant.understanding.vocabulary import CatalogVocabulary

_PURPOSE = ("for", "with", "on", "in", "to")
_OWNERS = ("my", "the", "a", "an", "your", "our", "her", "his", "their")
_SEEKING = (
    "looking",
    "look",
    "search",
    "searching",
    "shopping",
    "hunting",
    "interested",
    "is",
    "up",
)


@dataclass(frozen=True, slots=True)
class Topic:
    """The kind of product named; ``label`` is ``None`` where the message names none."""

    label: str | None = None
    first: int = 0
    last: int = 0
    precise: bool = True


def read_topic(message: Message, state: DialogueState) -> Topic:
    """The category named. Of a compound ("kitchen table") the last word decides."""
    searching = state.constraints.category is not None
    wanted = [
        i
        for i, unit in enumerate(message.units)
        if _names_wanted(message, i, unit) and not (searching and _names_part(unit))
    ]
    if not wanted:
        return Topic()
    # "A case for my laptop" is a case; with nothing else named, "for my cat" is all there is.
    heads = [i for i in wanted if not _is_purpose(message, message.units[i])]
    heads = [i for i in heads if not _leads_to(message, i, heads)] or heads
    if not heads and _describes_before(message, message.units[wanted[0]]):
        return Topic()
    place = (heads or wanted)[0]
    begun = place
    while place + 1 in wanted:
        place += 1
    unit = message.units[place]
    sense = unit.sense("category")
    assert sense is not None
    alone = place == begun
    if not alone:
        message.kept.update(range(message.units[begun].first, unit.first))
    for other in wanted:
        used = message.units[other]
        message.use(used.first, used.last)
        if other > place or other < begun:
            message.kept.update(range(used.first, used.last))
    return Topic(sense.values[0], unit.first, unit.last, sense.precise and alone)


def note_topic(message: Message, topic: Topic) -> None:
    """Turns the category, and categories not wanted, into changes."""
    if topic.label:
        message.change("set", "category", topic.label, topic.first, topic.last)
        if not topic.precise:
            message.kept.update(range(topic.first, topic.last))
    for unit in message.units:
        sense = unit.sense("category")
        if sense and unit.polarity == "exclude" and not message.used[unit.first]:
            message.change("add", "exclude.category", sense.values[0], unit.first, unit.last)
            message.use(unit.first, unit.last)


def is_change(topic: Topic, state: DialogueState, vocabulary: CatalogVocabulary) -> bool:
    """Whether the message speaks of another kind of product than the state holds."""
    held = state.constraints.category
    if not topic.label:
        return False
    if held is None:
        return bool(state.constraints.query) and bool(state.shown)
    if held == topic.label:
        return False
    return not (vocabulary.covers(held, topic.label) or vocabulary.covers(topic.label, held))


def is_return(message: Message, topic: Topic) -> bool:
    """Whether the message goes back to what was talked about before."""
    cue = message.find("return")
    return cue is not None and topic.label is not None and cue.first < topic.first


def _leads_to(message: Message, place: int, wanted: list[int]) -> bool:
    """Whether a noun only leads to the next: "a cup of tea", "能装电脑的背包"."""
    units = message.units
    later = [i for i in wanted if i > place]
    if not later:
        return False
    between = [message.tokens[i].text for i in range(units[place].last, units[later[0]].first)]
    if between[:1] not in (["of"], ["的"]) and between[-1:] != ["的"]:
        return False
    return not any(units[i].role("comma", "or") for i in range(place + 1, later[0]))


def _is_purpose(message: Message, unit: Unit) -> bool:
    """Whether a noun only says what the thing is for: "for my living room"."""
    before = [token.text for token in message.tokens[max(0, unit.first - 2) : unit.first]]
    if not before or before[-1] not in (*_PURPOSE, *_OWNERS):
        return False
    start = unit.first - (2 if before[-1] in _OWNERS else 1)
    if start < 0 or message.tokens[start].text not in _PURPOSE:
        return False
    return not (start and message.tokens[start - 1].text in _SEEKING)


def _describes_before(message: Message, unit: Unit) -> bool:
    """Whether content words before a noun name a thing of their own."""
    return any(
        not message.used[i] and not message.filler[i]
        for earlier in message.units
        if earlier.last <= unit.first and not earlier.meanings
        for i in range(earlier.first, earlier.last)
    )


def _names_part(unit: Unit) -> bool:
    """Whether a word is an attribute's name as well, of a kind that the shop has no name for."""
    sense = unit.sense("category")
    return unit.sense("slot") is not None and sense is not None and not sense.precise


def _names_wanted(message: Message, index: int, unit: Unit) -> bool:
    if not unit.is_category or unit.polarity != "want" or any(message.used[unit.first : unit.last]):
        return False
    following = message.units[index + 1] if index + 1 < len(message.units) else None
    # "this dress", "那条裙子": the product pointed at, not a kind that is looked for.
    return not (unit.is_value and following is not None and following.is_category)
