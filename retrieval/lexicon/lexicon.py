"""The lexicon: which words name which attribute values and kinds of product, in both languages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, Protocol

import yaml

from retrieval import language as text_language
from retrieval.lexicon import units
from retrieval.lexicon.phrases import Phrases
from retrieval.lexicon.tokens import tokenise

Kind = Literal["attribute", "category", "attribute_name", "aspect"]
Path = tuple[str, ...]

_KIND_OF: dict[str, Kind] = {
    "category": "category",
    "aspect": "aspect",
    "attribute_name": "attribute_name",
}
_ASPECTS = "aspects.yaml"
_REMNANT = 0.3
"""Below this share of a kind's products, nodes of exactly its name are not all that is meant."""
_VALUE_FILES = ("colors.yaml", "materials.yaml", "sizes.yaml", "attributes.yaml")


@dataclass(frozen=True, slots=True)
class Match:
    """A word or phrase of the lexicon found in a text.

    ``name`` is the attribute's name, or ``category``; ``value`` the canonical key; ``start`` and
    ``end`` are offsets into the text that was searched. A phrase that means several things yields
    one match for each, with the same span.
    """

    kind: Kind
    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Concept:
    """One attribute value or kind of product with its names; the first is the one displayed."""

    kind: Kind
    name: str
    value: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    family: str | None = None
    """The plainer value that a shade or sort belongs to ("navy" → "blue")."""
    kinds: tuple[str, ...] = ()
    """Narrower kinds of product."""
    opposite: str | None = None
    """The value that this one rules out ("wired" → "wireless")."""

    def forms(self, language: str | None = None) -> tuple[str, ...]:
        return self.en if language == "en" else self.zh if language == "zh" else self.en + self.zh


class CategoryNode(Protocol):
    """What ``category_nodes`` needs to know of a node of a catalogue's category tree."""

    @property
    def path(self) -> Iterable[str]: ...

    @property
    def count(self) -> int:
        """Products of the node and below."""
        ...

    @property
    def translations(self) -> Any:
        """Language → translated path."""
        ...


class Catalogue(Protocol):
    """A catalogue's observed categories; ``CatalogFacets`` is one."""

    @property
    def categories(self) -> Iterable[Any]: ...


class Lexicon:
    """Words to meanings and back. ``Lexicon.load()`` gives the one that comes with the package."""

    def __init__(self, concepts: Iterable[Concept], idioms: Iterable[str] = ()) -> None:
        self._concepts = {(c.kind, c.name, c.value): c for c in concepts}
        self._idioms = tuple(idioms)
        self._phrases = {code: self._index(code) for code in (None, "en", "zh")}
        self._wider: dict[str, list[str]] = {}
        for concept in self._concepts.values():
            for narrower in concept.kinds:
                self._wider.setdefault(narrower, []).append(concept.value)

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "Lexicon":
        """The packaged lexicon, read once."""
        return Lexicon(_read_concepts(), _read("idioms.yaml"))

    def normalise(self, text: str) -> str:
        """The clean form of a text; offsets of matches refer to it. See ``retrieval.language``."""
        return text_language.normalise(text)

    def find(self, text: str, language: str | None = None) -> list[Match]:
        """Everything the lexicon knows in a text, left to right, longest phrase first.

        ``language`` restricts the search to words of ``"en"`` or ``"zh"``; shoppers mix them, so
        the default looks for both.
        """
        tokens = tokenise(text_language.fold(text))
        return [
            Match(
                meaning.kind,
                meaning.name,
                meaning.value,
                tokens[phrase.first].start,
                tokens[phrase.last - 1].end,
            )
            for phrase in self._phrases.get(language, self._phrases[None]).find(tokens)
            for meaning in phrase.meanings
            if meaning is not None
        ]

    @property
    def idioms(self) -> tuple[str, ...]:
        """Phrases in which words of the lexicon mean something else."""
        return self._idioms

    def spellings(self, value: str) -> Iterator[str]:
        """A measure in the other ways to write it ("512 GB" → "512 gigs", "0.512 TB" ...)."""
        return units.spellings(value)

    def concept(self, name: str, value: str) -> Concept | None:
        """The concept of an attribute value or, with ``name="category"``, of a kind of product."""
        kind = _KIND_OF.get(name, "attribute")
        return self._concepts.get((kind, name, value))

    def add_aspect(self, name: str, labels: Mapping[str, str]) -> None:
        """Makes an aspect of a shop's own known by its labels."""
        key: tuple[Kind, str, str] = ("aspect", "aspect", name)
        english, chinese = labels.get("en", name), labels.get("zh", name)
        self._concepts.setdefault(key, Concept("aspect", "aspect", name, (english,), (chinese,)))

    def concepts(self, name: str | None = None) -> Iterator[Concept]:
        """All concepts, or those of one attribute or of ``"category"``."""
        return (c for c in self._concepts.values() if name is None or c.name == name)

    def canonical(self, name: str, words: str) -> str | None:
        """The canonical key of a feed's value ("Jet Black" → ``black``), if the lexicon has it."""
        for meaning in self._phrases[None].meanings(words):
            if meaning is not None and meaning.name == name and meaning.kind != "attribute_name":
                return meaning.value
        concept = self.concept(name, text_language.fold(words))
        return concept.value if concept else None

    def attribute_name(self, words: str) -> str | None:
        """The canonical attribute name of a column or option header ("Colour", "颜色" → color)."""
        for meaning in self._phrases[None].meanings(words.replace("_", " ")):
            if meaning is not None and meaning.kind == "attribute_name":
                return meaning.value
        return None

    def forms(self, name: str, value: str, language: str | None = None) -> tuple[str, ...]:
        """All ways to say a value; only ``value`` itself where the lexicon doesn't know it."""
        concept = self.concept(name, value) or self.concept(name, self.canonical(name, value) or "")
        return concept.forms(language) if concept else (value,)

    def label(self, kind_or_name: str, value: str, language: str) -> str:
        """How a value, category or attribute name is displayed; ``value`` where it is unknown, an
        attribute's name as one says it ("pet_safe" → "pet safe")."""
        if kind_or_name in ("attribute", "attribute_name"):
            concept = self._concepts.get(("attribute_name", "attribute_name", value))
            value = value.replace("_", " ")
        else:
            concept = self.concept(kind_or_name, value) or self.concept(
                kind_or_name, self.canonical(kind_or_name, value) or ""
            )
            # A feed's own wording is better than ours in the feed's own language.
            if concept and language == "en" and concept.value != value and value.isascii():
                return value
        forms = concept.forms(language) if concept else ()
        return forms[0] if forms else value

    def wider(self, category: str) -> tuple[str, ...]:
        """The kinds of product that take in ``category``."""
        return tuple(self._wider.get(category, ()))

    def narrower(self, category: str) -> set[str]:
        """All kinds of product within ``category``, itself included."""
        found: set[str] = set()
        waiting = [category]
        while waiting:
            if (value := waiting.pop()) not in found:
                found.add(value)
                concept = self.concept("category", value)
                waiting += concept.kinds if concept else ()
        return found

    def category_nodes(self, label: str, facets: Catalogue) -> set[Path]:
        """The nodes of a catalogue's tree that a category name or umbrella word takes in.

        A name that the catalogue uses itself, in any of its languages and in either number, means
        just those nodes; unless they are a stray remnant beside the nodes that speak of the same
        kind ("Top" with one product, "Clothing Tops" with hundreds).
        Otherwise the nodes whose names speak of the kind or of one of its narrower kinds, without
        those that lie below another one of them. Empty where the catalogue has nothing of it.
        """
        wanted = name_key(label)
        named = [(tuple(node.path), _names(node)) for node in facets.categories if node.path]
        exact = _topmost({path for path, names in named if wanted in names})
        value = self.canonical("category", label)
        if value is None:
            return exact
        exact = {p for p in exact if not self._only_sets_a_scene(p, value, named)} or exact
        if exact:
            spoken = self._nodes_beside(exact, value, wanted, named)
            return exact | spoken if _is_remnant(exact, spoken, facets) else exact
        kinds = self.narrower(value)
        return _topmost({p for p, names in named if any(kinds & self.kinds_of(n) for n in names)})

    def _nodes_beside(
        self, exact: set[Path], kind: str, wanted: str, named: list[tuple[Path, set[str]]]
    ) -> set[Path]:
        """Nodes that speak of a kind beside those of its name; none for a sort of it (chinos)."""
        concept = self.concept("category", kind)
        forms = concept.en[:1] + concept.zh[:1] if concept else ()
        plain = {name_key(form) for form in (kind, *forms)}
        if wanted not in plain:
            return set()
        speaking = {path for path, _ in named if kind in self.kinds_of(path[-1])}
        spoken = _topmost({p for p in speaking if not self._only_sets_a_scene(p, kind, named)})
        return {p for p in spoken - exact if not any(e[: len(p)] == p for e in exact)}

    def _only_sets_a_scene(self, path: Path, kind: str, named: list[tuple[Path, set[str]]]) -> bool:
        """Whether a node named like a kind holds other kinds: keyboards below "Desk"."""
        below = [names for node, names in named if node[:-1] == path]
        kinds = {k for names in below for name in names for k in self.kinds_of(name)}
        return bool(kinds) and not kinds & self.narrower(kind)

    def kinds_of(self, node_name: str) -> set[str]:
        """The kinds of product that a category's name speaks of ("Coats & Jackets" → both)."""
        return set(_kinds_of(self, text_language.fold(node_name)))

    def stands_for_finer(self, category: str, query: str) -> bool:
        """Whether words name a kind within a category, which then only stands for it: a television,
        of electronics, in a catalogue that files none."""
        held = self.kinds_of(category)
        within = {kind for one in held for kind in self.narrower(one)} - held
        return any(m.kind == "category" and m.value in within for m in self.find(query))

    def _index(self, language: str | None) -> Phrases[Concept | None]:
        phrases: Phrases[Concept | None] = Phrases((idiom, None) for idiom in self._idioms)
        for concept in self._concepts.values():
            # Words for aspects are found by ``retrieval.reviews``, with what is said of them.
            for form in concept.forms(language) if concept.kind != "aspect" else ():
                phrases.add(form, concept)
        return phrases

    def tail(self, name: str) -> tuple[Concept, ...]:
        """The kinds of product that the longest known end of a phrase names ("lace boots")."""
        tokens = tokenise(text_language.fold(name))
        for start in range(len(tokens)):
            phrase = self._phrases[None].at(tokens, start)
            if phrase and phrase.last == len(tokens):
                found = tuple(m for m in phrase.meanings if m is not None and m.kind == "category")
                if found:
                    return found
        return ()


@lru_cache(maxsize=20_000)
def _kinds_of(lexicon: Lexicon, folded: str) -> frozenset[str]:
    parts = [folded]
    for mark in (" & ", " and ", "/", ",", "、", "和", "与", "&", " - "):
        parts = [piece for part in parts for piece in part.split(mark)]
    return frozenset(
        concept.value for part in parts if part.strip() for concept in lexicon.tail(part)
    )


def _names(node: Any) -> set[str]:
    """The keys of a node's names in all its languages."""
    names = {name_key(list(node.path)[-1])}
    for path in (node.translations or {}).values():
        if path:
            names.add(name_key(path if isinstance(path, str) else list(path)[-1]))
    return names


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """The form in which names of categories and brands are compared: folded, singular."""
    return " ".join(token.key for token in tokenise(text_language.fold(name)))


def _topmost(paths: set[Path]) -> set[Path]:
    return {p for p in paths if not any(p[:depth] in paths for depth in range(1, len(p)))}


def _is_remnant(exact: set[Path], spoken: set[Path], facets: Catalogue) -> bool:
    """Whether few of the products of a kind are filed under its very name."""
    counts: dict[Path, int] = {tuple(n.path): n.count for n in facets.categories}
    return sum(counts[p] for p in exact) < _REMNANT * sum(counts[p] for p in exact | spoken)


def _read(name: str) -> Any:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def _read_concepts() -> Iterator[Concept]:
    for file in _VALUE_FILES:
        for name, values in _read(file).items():
            for value, entry in values.items():
                yield _concept("attribute", name, value, entry)
    for value, entry in _read("categories.yaml").items():
        yield _concept("category", "category", value, entry)
    for value, entry in _read(_ASPECTS)["aspects"].items():
        label = entry["label"]
        yield Concept("aspect", "aspect", value, (label["en"],), (label["zh"],))
    for value, entry in _read("attribute_names.yaml").items():
        yield _concept("attribute_name", "attribute_name", value, entry)


def _concept(kind: Kind, name: str, value: Any, entry: dict[str, Any]) -> Concept:
    return Concept(
        kind,
        name,
        str(value),
        tuple(map(str, entry["en"])),
        tuple(map(str, entry["zh"])),
        entry.get("family"),
        tuple(entry.get("kinds", ())),
        entry.get("opposite"),
    )
