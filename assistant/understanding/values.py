"""Attributes, brands and sizes: what is named becomes a change of the right slot."""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import islice, takewhile

from assistant.dialogue.state import DialogueState
from assistant.understanding.cues import read_data
from assistant.understanding.message import Message, Unit
from assistant.understanding.spelling import english_words
from assistant.understanding.vocabulary import CatalogVocabulary, Sense
from retrieval.lexicon.tokens import Token

_REACH = 6
"""Words between a value and what allows it."""
RARE = 0.02
"""An attribute that fewer products of a category have cannot be what was meant there."""

WORN = 0.5
"""From this share of sized products on, "medium" before a noun is its size."""

_SLOT_OF = {"want": "attributes", "exclude": "exclude", "soft": "prefer_attributes"}


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    return {heading: frozenset(words) for heading, words in read_data("sizes.yaml").items()}


def choose_senses(
    message: Message, vocabulary: CatalogVocabulary, category_at: Callable[[int], str | None]
) -> dict[int, Sense]:
    """One sense for each unit that names a value, by position of the unit; the kind of product
    that is spoken of there (``category_at`` a token) decides.

    Units whose words mean nothing for this kind of product are left to the text search.
    """
    chosen: dict[int, Sense] = {}
    for index, unit in enumerate(message.units):
        senses = [s for s in unit.senses() if s.name not in ("category", "slot", "unknown")]
        if not senses or unit.role("focus"):
            continue
        category = category_at(unit.first)
        worn = category is not None and vocabulary.applies("size", category) >= WORN
        fitting = [
            (s.natural, vocabulary.applies(s.name, category), s.count, s)
            for s in senses
            if _is_announced(message, unit, s)
            or (s.name == "size" and worn and _is_plain_size(message, unit))
        ]
        fitting = [f for f in fitting if f[1] >= RARE]
        if fitting:
            chosen[index] = max(fitting, key=lambda f: f[:3])[3]
    return chosen


def note_values(
    message: Message, chosen: dict[int, Sense], state: DialogueState, leanings: Collection[str]
) -> None:
    """Turns the values named into changes. The first of a slot replaces, the others join it.

    A value of one of the ``leanings`` only ranks, and its words are left to the text search: what
    a thing is good for is said of few products, and one that does not say so may fit all the same.
    """
    begun: dict[str, int] = {}
    joins = message.find("additive") is not None or bool(
        message.units and message.units[0].role("or") and not message.units[0].role("rather")
    )
    for index, sense in chosen.items():
        unit = message.units[index]
        leans = unit.polarity == "want" and sense.name in leanings
        if not leans:
            message.use(unit.first, unit.last)
        # "不要防水了": what was asked for need not be; that it must not be is not said.
        taken_back = unit.polarity == "exclude" and sense.values == ("yes",)
        taken_back = taken_back or (sense.values == ("yes",) and _is_unimportant(message, index))
        taken_back = taken_back and "yes" in state.constraints.attributes.get(sense.name, [])
        if unit.polarity == "drop" or taken_back:
            _take_back(message, unit, sense, state)
            continue
        refused = [v for v in sense.values if v in state.constraints.exclude.get(sense.name, [])]
        if unit.polarity == "want" and refused and _is_allowed(message, index):
            for value in refused:
                slot = f"exclude.{sense.name}"
                message.change("remove", slot, value, unit.first, unit.last)
            continue
        if unit.polarity == "exclude" and _is_slip(message, chosen, index):
            continue
        if unit.polarity == "want" and _is_one_more(message, index, sense, state, begun):
            if sense.values == ("no",) and state.constraints.attributes.get(sense.name):
                slot = f"attributes.{sense.name}"
                message.change("clear", slot, None, unit.first, unit.last)
            continue
        slot = f"{_SLOT_OF['soft' if leans else unit.polarity]}.{sense.name}"
        if slot in begun and _is_corrected(message, begun[slot], index):
            message.changes = [c for c in message.changes if c.slot != slot]
            del begun[slot]
        for value in sense.values:
            first = slot not in begun and unit.polarity != "exclude" and not joins
            message.change("set" if first else "add", slot, value, unit.first, unit.last)
            begun[slot] = index


def _take_back(message: Message, unit: Unit, sense: Sense, state: DialogueState) -> None:
    """Drops values that need not be, wished for or only preferred: "needn't be olive"."""
    for slot in ("attributes", "prefer_attributes"):
        held = getattr(state.constraints, slot).get(sense.name, [])
        for value in (v for v in sense.values if v in held):
            message.change("remove", f"{slot}.{sense.name}", value, unit.first, unit.last)


def _is_unimportant(message: Message, index: int) -> bool:
    """Whether what is said right after a value is that it does not matter."""
    after = islice(takewhile(lambda unit: not unit.role("comma"), message.units[index + 1 :]), 2)
    return any(unit.role("post_any") and not unit.role("allowing") for unit in after)


def _is_allowed(message: Message, index: int) -> bool:
    """Whether a value is only said to be all right: "black is fine after all"."""
    after = takewhile(lambda unit: not unit.role("comma"), message.units[index + 1 :])
    return any(unit.role("allowing", "post_any") for unit in islice(after, _REACH))


def _is_one_more(
    message: Message, index: int, sense: Sense, state: DialogueState, begun: Collection[str]
) -> bool:
    """Whether a value is said to be all right as well where nothing else of its kind is asked for,
    or only its opposite: "white is fine too" asks for nothing then."""
    asked = state.constraints.attributes.get(sense.name, [])
    if f"attributes.{sense.name}" in begun:
        return False
    if message.find("additive") is None and sense.values != ("no",):
        return False
    named = any(unit.is_category for unit in message.units)
    goes_on = state.constraints.category is not None and not named
    return goes_on and (not asked or sense.values == ("no",)) and _is_allowed(message, index)


def _is_slip(message: Message, chosen: dict[int, Sense], index: int) -> bool:
    """Whether a size not meant only puts another right: "size 40, not 38"."""
    return chosen[index].name == "size" and any(
        sense.name == "size" and message.units[other].polarity == "want"
        for other, sense in chosen.items()
    )


def _is_corrected(message: Message, earlier: int, index: int) -> bool:
    """Whether a value takes back the one before: "in red, no wait, blue"."""
    return any(unit.role("correction") for unit in message.units[earlier + 1 : index])


def note_unknown(message: Message, chosen: dict[int, Sense]) -> None:
    """Remembers words that the lexicon knows and this catalogue has nothing of."""
    for index, unit in enumerate(message.units):
        known = (
            index in chosen or unit.is_category or any(not _is_unknown(m) for m in unit.senses())
        )
        if not known and any(_is_unknown(m) for m in unit.senses()) and not unit.role("focus"):
            words = message.words(unit.first, unit.last)
            if unit.polarity == "want" and not any(message.used[unit.first : unit.last]):
                message.unknown.append(words)


def note_unheld_sizes(
    message: Message, vocabulary: CatalogVocabulary, category_at: Callable[[int], str | None]
) -> None:
    """Notes a size that is announced and that nothing comes in: "size 50", 50码.

    The search then finds nothing, and what it lets go of is told; in silence it would be dropped.
    """
    texts = [token.text for token in message.tokens]
    for place, text in enumerate(texts):
        if message.used[place] or not (_is_number(text) or text in _words()["letters"]):
            continue
        before = texts[place - 1] if place else ""
        after = texts[place + 1] if place + 1 < len(texts) else ""
        if before not in _words()["announcing"] and after not in _words()["after"]:
            continue
        category = category_at(place)
        if category is None or vocabulary.applies("size", category) < WORN:
            continue
        if any(change.slot.endswith(".size") for change in message.changes):
            continue
        message.use(place, place + 1)
        message.change("set", "attributes.size", text.upper(), place, place + 1)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _is_unknown(sense: Sense) -> bool:
    return sense.name == "unknown"


def _is_announced(  # noqa: PLR0911
    message: Message, unit: Unit, sense: Sense
) -> bool:
    """Whether a value that is also an everyday word or number is really meant as a value."""
    tokens = message.tokens
    token = tokens[unit.first]
    single = unit.last - unit.first == 1
    before = tokens[unit.first - 1].text if unit.first else ""
    after = tokens[unit.last].text if unit.last < len(tokens) else ""
    if sense.name == "brand" and single and token.text.isascii():
        return _is_brand_like(message, unit, before, after)
    if not single:
        return True
    if _is_number(token.text):
        return before in _words()["before"] or after in _words()["after"]
    if len(token.text) == 1 and token.text.isascii():
        written = message.text[token.start]
        alone = written.isupper() and (before != "'" and after not in ("'", "&"))
        paired = _is_letter(tokens, unit.last + 1, after) or _is_letter(
            tokens, unit.first - 2, before
        )
        return alone or paired or before in ("size", "in") or after in ("码", "号", "size")
    if sense.name == "size" and token.text in _words()["words"]:
        if before in _words()["fitting"]:
            return False
        return after in ("size", "sized", "please", "", ".", ",", "or", "and", "?") or before in (
            "size", "in", "a", "or",
        )  # fmt: skip
    return True


def _is_letter(tokens: Sequence[Token], place: int, joiner: str) -> bool:
    """Whether an "or" joins another letter that can be a size: "m or l"."""
    return (
        joiner in ("or", "/")
        and 0 <= place < len(tokens)
        and tokens[place].text in _words()["letters"]
    )


def _is_plain_size(message: Message, unit: Unit) -> bool:
    """Whether a word or number can be nothing but a size, of a thing that comes in sizes."""
    texts = [token.text for token in message.tokens]
    before = texts[unit.first - 1] if unit.first else ","
    after = texts[unit.last] if unit.last < len(texts) else ","
    if texts[unit.first][0].isdigit():
        # What a number could else be, a price or a measure, is used up by now.
        told = after not in ("'", "%") and before not in ("-", ".", "#", "第", "iphone")
        return told and before not in _words()["aged"]
    if texts[unit.first] in _words()["letters"]:
        return before not in _words()["possessing"] and after not in ("'", "&")
    return len(texts[unit.first]) > 3 and before not in _words()["fitting"]


def _is_brand_like(message: Message, unit: Unit, before: str, after: str) -> bool:
    token = message.tokens[unit.first]
    if (
        token.text not in english_words()
        or before in ("brand", "by", "from")
        or after in ("brand", "牌")
    ):
        return True
    return message.text[token.start].isupper() and unit.first > 0
