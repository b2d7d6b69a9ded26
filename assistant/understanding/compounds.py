"""What nouns mean together: "a toy for my cat" is a cat toy, and "cases" are for the phone held."""

from assistant.understanding.message import Message, Unit
from assistant.understanding.nouns import is_purpose, words
from assistant.understanding.vocabulary import CatalogVocabulary, Sense, leanings
from retrieval.language import fold
from retrieval.lexicon.tokens import tokenise

TOLD = 0.5
"""From this share of a kind's products on, an attribute can be told by a word for the kind."""
_TOLD_OTHERWISE = frozenset(("category", "slot", "unknown", "brand", "size", "gender", "age_group"))
_OFTEN_IN_WORDS = frozenset(("color", "material"))
"""Attributes of which a single Chinese character says nothing within a word."""
_NEAR = 6
"""Words between a noun and what it is for."""


def beside_held(message: Message, held: str | None, vocabulary: CatalogVocabulary) -> list[int]:
    """A noun that names a kind together with the one that is held: "cases for it", of phones."""
    nouns = tokenise(fold(held or ""))
    for index, unit in enumerate(message.units if nouns else ()):
        free = not unit.meanings and not message.used[unit.first] and not message.filler[unit.first]
        if not free or message.tokens[unit.first].is_han or unit.polarity != "want":
            continue
        meanings = vocabulary.phrases.meanings(f"{nouns[-1].key} {_key(message, unit)}")
        found = [m for m in meanings if isinstance(m, Sense) and m.name == "category"]
        if found and not vocabulary.covers(held or "", found[0].values[0]):
            unit.meanings = (found[0],)
            return [index]
    return []


def tell_closer(message: Message, heads: list[int], vocabulary: CatalogVocabulary) -> None:
    """Gives nouns the meaning they have together with what they are for: "a toy for my cat" is a
    cat toy, and 给狗磨牙的玩具 is a dog's."""
    for head in heads:
        unit = message.units[head]
        for other in message.units[max(0, head - _NEAR) : head + _NEAR]:
            if not other.senses() or other is unit or not _is_whom(message, other):
                continue
            thing, whom = _key(message, unit), _key(message, other)
            for whose in (whom, whom.rpartition(" ")[2]):  # a cat, of "my old cat"
                meanings = vocabulary.phrases.meanings(f"{whose} {thing}")
                found = [m for m in meanings if isinstance(m, Sense) and m.name == "category"]
                if found:
                    unit.meanings = (*found[:1],)
                    break


def _is_whom(message: Message, unit: Unit) -> bool:
    before = message.tokens[unit.first - 1].text if unit.first else ""
    return is_purpose(message, unit) or before in words("purpose")


def _key(message: Message, unit: Unit) -> str:
    return " ".join(token.key for token in message.tokens[unit.first : unit.last])


def note_compound(message: Message, label: str, span: range, vocabulary: CatalogVocabulary) -> None:
    """Notes what the words for a kind say beside it: a "cat toy" is for cats. The kind ``label`` is
    named by the tokens of ``span``."""
    for unit in message.units:
        inside = unit.first in span
        if not inside or not unit.is_category or unit.last - unit.first < 2:
            continue
        for phrase in vocabulary.phrases.find(message.tokens[unit.first : unit.last - 1]):
            first, last = unit.first + phrase.first, unit.first + phrase.last
            said = message.folded[message.tokens[first].start : message.tokens[last - 1].end]
            sense = next((m for m in phrase.meanings if _tells_more(m, said)), None)
            if not isinstance(sense, Sense) or vocabulary.says(label, said):
                continue
            if vocabulary.applies(sense.name, label) >= TOLD:
                for value in sense.values:
                    slot = f"attributes.{sense.name}"
                    message.change("add", slot, value, first, last)


def _tells_more(meaning: object, said: str) -> bool:
    """Whether a part of a compound names a value, and is no character of another word: 棉拖."""
    if not isinstance(meaning, Sense) or not meaning.natural:
        return False
    single = len(said) == 1 and meaning.name in _OFTEN_IN_WORDS
    return not single and meaning.name not in _TOLD_OTHERWISE | leanings()
