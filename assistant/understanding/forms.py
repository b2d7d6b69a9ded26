"""The forms in which a catalogue's words are said: yes and no, hyphens, "no gluten"."""

from collections.abc import Iterable, Iterator

from assistant.understanding.cues import read_data
from retrieval.catalog.facets import ValueFacet
from retrieval.lexicon.tokens import singular

YES = frozenset(("yes", "true", "y", "是", "有"))
NO = frozenset(("no", "false", "n", "否", "无"))
_SEPARATORS = (" & ", " and ", "/", ",", "、", "与", "和", "&")


def one_of(values: list[ValueFacet], words: frozenset[str]) -> ValueFacet | None:
    """The "yes" or the "no" (``words``) of an attribute that is only ever yes or no."""
    plain = {value.value.casefold(): value for value in values}
    if not plain or not plain.keys() <= YES | NO:
        return None
    return next((value for word, value in plain.items() if word in words), None)


def joined(forms: Iterable[str]) -> Iterator[str]:
    """Hyphenated names without the hyphen: "wifi", of "Wi-Fi"."""
    return (form.replace("-", "") for form in forms if "-" in form)


def without(forms: Iterable[str]) -> Iterator[str]:
    """Ways to ask for what is free of something: "no gluten", of "gluten free"."""
    for form in forms:
        for ending, beginnings in read_data("freedom.yaml").items():
            thing = form.removesuffix(ending).removeprefix(ending).strip()
            if thing and thing != form:
                yield from (f"{beginning} {thing}" for beginning in beginnings)


def split(name: str) -> list[str]:
    parts = [name]
    for mark in _SEPARATORS:
        parts = [piece.strip() for part in parts for piece in part.split(mark)]
    return [part for part in parts if part and part != name]


def is_number(word: str) -> bool:
    return word.replace(".", "").replace(",", "").isdigit() or not singular(word).isalnum()
