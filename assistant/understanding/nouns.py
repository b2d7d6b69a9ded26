"""Which nouns of a message name what is looked for, and not what that is for or goes with."""

from functools import lru_cache

from assistant.understanding.cues import read_data
from assistant.understanding.message import Message, Unit
from assistant.understanding.vocabulary import CatalogVocabulary

_AHEAD = 6
"""Words after "a cup of" in which the thing itself is named."""


@lru_cache(maxsize=8)
def words(heading: str) -> frozenset[str]:
    return frozenset(word for words in read_data("topics.yaml")[heading] for word in words)


def label_of(unit: Unit) -> str:
    sense = unit.sense("category")
    assert sense is not None
    return sense.values[0]


def is_purpose(message: Message, unit: Unit) -> bool:
    """Whether a noun only says what the thing is for: "for my living room"."""
    before = [token.text for token in message.tokens[max(0, unit.first - 2) : unit.first]]
    after = [token.text for token in message.tokens[unit.last : unit.last + 1]]
    if after and after[0] in words("used"):
        return unit.last + 1 < len(message.tokens)
    if not before or before[-1] not in words("purpose") | words("owners"):
        return False
    start = unit.first - (2 if before[-1] in words("owners") else 1)
    if start < 0 or message.tokens[start].text not in words("purpose"):
        return False
    return not (start and message.tokens[start - 1].text in words("seeking"))


def _describes_kind(message: Message, index: int, vocabulary: CatalogVocabulary) -> bool:
    """Whether a value that is a noun as well tells of a noun before it: "turntable, walnut"."""
    label = label_of(message.units[index])
    if message.units[index - 1].role("or", "and"):
        return False
    kinds = [label_of(u) for u in message.units[:index] if u.is_category and not u.is_value]
    return bool(kinds) and not any(
        vocabulary.covers(kind, label) or vocabulary.covers(label, kind) for kind in kinds
    )


def _is_owned(message: Message, unit: Unit) -> bool:
    """Whether a noun is only whose the shopper speaks of, and something follows about it."""
    before = message.tokens[unit.first - 1].text if unit.first else ""
    return before in words("keepers") and unit.last < len(message.tokens)


def names_part(unit: Unit) -> bool:
    """Whether a word is an attribute's name as well, of a kind that the shop has no name for."""
    sense = unit.sense("category")
    return unit.sense("slot") is not None and sense is not None and not sense.precise


def names_wanted(message: Message, index: int, unit: Unit, vocabulary: CatalogVocabulary) -> bool:
    if not unit.is_category or unit.polarity != "want" or any(message.used[unit.first : unit.last]):
        return False
    if _is_said_of_another(message, index, unit):
        return False
    if unit.is_value and _is_owned(message, unit):
        return False  # "my cat scratches everything"
    if unit.is_value and _describes_kind(message, index, vocabulary):
        return False
    following = message.units[index + 1] if index + 1 < len(message.units) else None
    if not unit.is_value or following is None or not following.is_category:
        return True
    # "Leather" of leather goods describes the next noun; "mystery" of mystery novels names it.
    return vocabulary.covers(label_of(following), label_of(unit))


def _is_said_of_another(message: Message, index: int, unit: Unit) -> bool:
    """Whether a noun only tells of another thing: "1 TB storage", "nut free", "a bag of rice"."""
    if (measured := message.measured[unit.first]) and measured[0] < unit.first:
        return True
    after = [token.text for token in message.tokens[unit.last : unit.last + 2]]
    if next((word for word in after if word != "-"), "") in words("free"):
        return True
    holds = after[:1] == ["of"] and message.tokens[unit.first].key in words("containers")
    # "A cup of tea" is told by its two kinds.
    return holds and not any(u.is_category for u in message.units[index + 1 : index + _AHEAD])
