"""Comparatives without a number: "something lighter", "a bigger one than the first", 小一点的.

What is shown says what they compare with: the product pointed at, else the one in focus, else the
first. The bound becomes alternatives, as ``measures`` makes them.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant.dialogue.state import DialogueState
from assistant.understanding.bounds import alternatives, bound_words
from assistant.understanding.cues import read_data
from assistant.understanding.message import Message
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understanding import Reference
from assistant.understanding.vocabulary import CatalogVocabulary

_SIZES = ("screen_size", "capacity", "size", "width", "length", "height", "diameter")
"""What "bigger" may be of, in this order."""
_AFTER = r"(?=\s*(?:one|ones|option|options|model|version|please|than|and|but|,|\.|!|\?|$))"
"""What may follow an English comparative that stands by itself: no "longer lasting battery"."""


def note_relative(
    message: Message,
    pointed: Sequence[Reference],
    state: DialogueState,
    shown: Sequence[ShownProduct],
    vocabulary: CatalogVocabulary,
) -> bool:
    """Notes the values beyond that of the product compared with; whether there was anything."""
    held = _compared(pointed, state, shown)
    if held is None or re.search(bound_words()["which"], message.folded):
        return False
    for pattern, attributes, is_more in _comparatives():
        match = pattern.search(message.folded)
        if match is None:
            continue
        tokens = message.tokens_at(*match.span())
        if any(message.used[index] for index in tokens):
            continue
        for name, values in _beyond(held, attributes or _SIZES, is_more, vocabulary):
            for place, value in enumerate(values):
                slot = f"attributes.{name}"
                message.change_span("add" if place else "set", slot, value, *match.span())
            message.use_span(*match.span())
            return True
    return False


def _compared(
    pointed: Sequence[Reference], state: DialogueState, shown: Sequence[ShownProduct]
) -> ShownProduct | None:
    by_id = {product.id: product for product in shown}
    listed = [by_id[key] for key in state.shown if key in by_id]
    for reference in pointed:
        if reference.kind == "ordinal" and isinstance(reference.value, int):
            place = reference.value - 1 if reference.value > 0 else reference.value
            if -len(listed) <= place < len(listed):
                return listed[place]
    focused = [by_id[key] for key in state.focus if key in by_id]
    return next(iter([*focused, *listed]), None)


def _beyond(
    held: ShownProduct,
    attributes: Sequence[str],
    is_more: bool,
    vocabulary: CatalogVocabulary,
) -> Iterator[tuple[str, list[str]]]:
    """Attributes with the catalogue's values beyond the product's, in order of size."""
    for name in attributes:
        for of in vocabulary.measures.values():
            values = of.get(name, [])
            own = next((v for v in values if v.value in held.attributes.get(name, ())), None)
            if own is None:
                continue
            beyond = [v for v in values if (v.low > own.high if is_more else v.high < own.low)]
            if beyond:
                yield name, [v.value for v in sorted(beyond, key=lambda v: v.span)]


@lru_cache(maxsize=1)
def _comparatives() -> tuple[tuple[re.Pattern[str], tuple[str, ...], bool], ...]:
    """Patterns, what they are of, and whether they ask for more."""
    data = read_data("bounds.yaml")
    return tuple(
        (_pattern(entry["words"]), tuple(entry["attributes"]), heading == "more_than")
        for heading in ("more_than", "less_than")
        for entry in data[heading].values()
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    english = [word.removesuffix(" than") for word in words if word.isascii()]
    chinese = alternatives([word for word in words if not word.isascii()])
    some = r"(?:一点点|一点儿|一点|点儿|点|一些|些)"
    return re.compile(
        rf"\b{alternatives(english)}\b{_AFTER}|(?:更|再){chinese}{some}?的?|{chinese}{some}的?"
    )
