"""Whom it is for: "my 6 year old niece" becomes gender and age group where the shop has them."""

import re
from functools import lru_cache

from assistant.understanding.cues import read_data
from assistant.understanding.message import Message
from assistant.understanding.numbers import HAN, parse
from assistant.understanding.vocabulary import CatalogVocabulary
from retrieval.language import fold
from retrieval.lexicon.phrases import Phrases
from retrieval.lexicon.tokens import tokenise

COMMON = 0.5
"""From this share of products on, an attribute is told of nearly every product that has one, so a
product without it may be left out; below, the person only ranks."""

_AGE = re.compile(
    rf"(?P<n>\d{{1,3}}|{HAN}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?:\s?-?(?:(?:years?|yrs?|yo|y/o)\b(?:[\s-]?olds?\b)?)|\s?(?:个半)?岁|(?P<m>\s?-?months?[\s-]?olds?\b|\s?个月))"
)
_AGED = re.compile(
    r"\b(?:aged?|ages|turning|turns|who is|who's|she's|he's|she is|he is|kids|children)\s+"
    r"(?P<n>\d{1,2})\b(?:\s?(?:-|to)\s?\d{1,2}\b)?(?!\s*(?:dollars|bucks|\$|%))"
)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|~|to|至|到)\s*(\d+)\s*(m|个?月)?")
_FROM = re.compile(r"(\d+)\s*(?:\+|岁以上|and up|years and up)")
_GROUPS = ((1, "baby"), (3, "toddler"), (13, "kids"), (18, "teen"))


@lru_cache(maxsize=1)
def _persons() -> Phrases[str]:
    return Phrases(
        (w, name) for name, entry in read_data("persons.yaml").items() for w in entry["words"]
    )


def read_person(message: Message, vocabulary: CatalogVocabulary, category: str | None) -> None:
    """Notes gender and age group of the person; unknown to the shop, the words go to the search."""
    said: dict[str, str] = {}
    spans: list[tuple[int, int]] = []
    telling: set[int] = set()
    for phrase in _persons().find(message.tokens):
        entry = read_data_cached()[phrase.meanings[0]]
        spans.append((phrase.first, phrase.last))
        if not entry.get("gender"):
            telling.update(range(phrase.first, phrase.last))
        said["child"] = "yes" if entry.get("child") else said.get("child", "")
        said["gender"] = entry.get("gender", said.get("gender", ""))
        said["age"] = entry.get("age", said.get("age", ""))
    age = _read_age(message, spans)
    if age is None and said.get("age"):
        age = float(said["age"])
    if not spans:
        return
    first, last = min(s[0] for s in spans), max(s[1] for s in spans)
    for start, end in spans:
        message.use(start, end)
    gender = said.get("gender", "")
    if gender in ("girls", "boys") and age is not None and age >= 18:
        gender = "women" if gender == "girls" else "men"
    unsure = said.get("child") and age is None and not _is_for_children(vocabulary, category)
    noted = _note(message, vocabulary, category, "gender", gender, first, last, bool(unsure))
    if age is not None or said.get("child"):
        values = _age_values(vocabulary, age)
        aged = _note_age(message, vocabulary, category, values, first, last)
        noted |= aged
        if aged and category is None:
            _only_prefer_gender(message)
    if not noted and said.get("child"):
        # Listings speak of kids, and none of somebody's nephew.
        message.kept.update(telling)


def _only_prefer_gender(message: Message) -> None:
    """Toys say for what age they are and clothes for whom: nothing says both, so one has to do."""
    for place, change in enumerate(message.changes):
        if change.slot == "attributes.gender":
            preferred = change.model_copy(update={"slot": "prefer_attributes.gender"})
            message.changes[place] = preferred


def _is_for_children(vocabulary: CatalogVocabulary, category: str | None) -> bool:
    """Whether a kind, or one above it, is called one for children."""
    names = {name for path in vocabulary.nodes(category or "") for name in path}
    found = (p for name in names for p in _persons().find(tokenise(fold(name))))
    return any(read_data_cached()[p.meanings[0]].get("child") for p in found)


@lru_cache(maxsize=1)
def read_data_cached() -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = read_data("persons.yaml")
    return entries


def _read_age(message: Message, spans: list[tuple[int, int]]) -> float | None:
    match = _AGE.search(message.folded) or _AGED.search(message.folded)
    value = parse(match.group("n")) if match else None
    if not match or value is None:
        return None
    touched = [
        i for i, t in enumerate(message.tokens) if t.start < match.end() and match.start() < t.end
    ]
    message.use(touched[0], touched[-1] + 1)
    spans.append((touched[0], touched[-1] + 1))
    return value / 12 if "m" in match.re.groupindex and match.group("m") else value


def _note(
    message: Message,
    vocabulary: CatalogVocabulary,
    category: str | None,
    name: str,
    value: str,
    first: int,
    last: int,
    unsure: bool,
) -> bool:
    values = vocabulary.attribute_values(name, value) if value else ()
    share = vocabulary.applies(name, category)
    slot = f"attributes.{name}"
    if not values or share == 0 or any(c.slot == slot for c in message.changes):
        return False
    if share < COMMON or unsure:
        slot = f"prefer_attributes.{name}"
    message.change("set", slot, values[0], first, last)
    return True


def _age_values(vocabulary: CatalogVocabulary, age: float | None) -> list[str]:
    """The catalogue's age groups that take in an age; words first, else numeric ranges."""
    found = []
    if age is not None:
        for facet in vocabulary.facets.attributes.get("age_group", []):
            if match := _RANGE.search(facet.value.lower()):
                scale = 12 if match.group(3) else 1
                if int(match.group(1)) / scale <= age <= int(match.group(2)) / scale:
                    found.append(facet.value)
            elif (match := _FROM.search(facet.value.lower())) and age >= int(match.group(1)):
                found.append(facet.value)
    if found:
        return found
    group = "kids" if age is None else next((g for top, g in _GROUPS if age < top), "adult")
    values = vocabulary.attribute_values("age_group", group)
    return list(values) or list(vocabulary.attribute_values("age_group", "kids"))[: (age or 0) < 13]


def _note_age(
    message: Message,
    vocabulary: CatalogVocabulary,
    category: str | None,
    values: list[str],
    first: int,
    last: int,
) -> bool:
    share = vocabulary.applies("age_group", category)
    # "Something for my niece": only what is known to be for her age.
    name = "attributes" if share >= COMMON or category is None else "prefer_attributes"
    if not values or share == 0 or any(c.slot == "attributes.age_group" for c in message.changes):
        return False
    for index, value in enumerate(values):
        message.change("add" if index else "set", f"{name}.age_group", value, first, last)
    return True
