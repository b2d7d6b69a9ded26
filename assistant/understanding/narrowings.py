"""Words that tell the kinds within a kind apart by themselves: "wired", of Wired headphones."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from retrieval.catalog.facets import CategoryFacet
from retrieval.language import fold
from retrieval.lexicon import Lexicon

_ENDINGS = ("款", "的", "款的", "那种", "的那种")
"""What makes a Chinese word a sort of the kind held: 短款, 短的."""


class Narrowing(NamedTuple):
    """``label`` is the narrower kind's name in the catalogue, with its number of products."""

    words: str
    label: str
    products: int


def narrowings(
    held: Collection[CategoryFacet],
    categories: Collection[CategoryFacet],
    lexicon: Lexicon,
    says_more: Callable[[str], bool],
) -> Iterator[Narrowing]:
    """What is left of the names of the kinds below ``held`` without the noun they share.

    Both the catalogue's names count and the lexicon's other names for them ("long dresses"). The
    latter are everyday words, so that a single one needs another beside it that stands for the
    kind: "a gaming one", 短的. Words that two kinds share tell nothing apart, nor do those of which
    ``says_more`` holds, because they name a value: "leather ones".
    """
    found: dict[str, set[tuple[str, int]]] = {}
    for above in held:
        depth = len(above.path)
        for node in categories:
            if len(node.path) <= depth or node.path[:depth] != above.path:
                continue
            for language in ("", *node.translations):
                name, noun = fold(node.label(language)), fold(above.label(language))
                if (prefix := name.removesuffix(noun)) and prefix != name:
                    yield Narrowing(prefix, node.name, node.count)
            for prefix in _lexical(node, above, lexicon):
                found.setdefault(prefix, set()).add((node.name, node.count))
    for prefix, kinds in found.items():
        if len(kinds) == 1:
            label, count = next(iter(kinds))
            endings = [prefix + ending for ending in _ENDINGS]
            if prefix.isascii():
                endings = [prefix] if " " in prefix else [f"{prefix} one"]
            if not any(says_more(words) for words in (prefix, *endings)):
                yield from (Narrowing(words, label, count) for words in endings)


def _lexical(node: CategoryFacet, above: CategoryFacet, lexicon: Lexicon) -> set[str]:
    """What the lexicon's names for a kind say beside a name for the kind above it."""
    wider = lexicon.kinds_of(above.name)
    nouns = {fold(form) for kind in wider for form in _forms(lexicon, kind)}
    found = set()
    for kind in lexicon.kinds_of(node.name) - wider:
        for form in map(fold, _forms(lexicon, kind)):
            for noun in nouns:
                prefix = form.removesuffix(noun).strip(" -").removesuffix("款")
                if prefix and form.endswith(noun) and prefix not in nouns:
                    found.add(prefix)
    return found


def _forms(lexicon: Lexicon, kind: str) -> tuple[str, ...]:
    concept = lexicon.concept("category", kind)
    return concept.forms() if concept else ()
