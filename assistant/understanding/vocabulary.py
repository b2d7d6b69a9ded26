"""What the words of a catalogue mean: its own values, brands and categories, and their synonyms."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from assistant.understanding.cues import Cue, cue_entries, read_data
from assistant.understanding.forms import NO, YES, is_number, joined, one_of, split, without
from assistant.understanding.narrowings import narrowings
from assistant.understanding.spelling import english_words
from retrieval.catalog.facets import CatalogFacets, CategoryFacet, ValueFacet
from retrieval.language import fold
from retrieval.lexicon import Lexicon
from retrieval.lexicon.lexicon import Concept, name_key
from retrieval.lexicon.phrases import Phrases
from retrieval.lexicon.tokens import tokenise
from retrieval.lexicon.units import Unit, measures_of, units

STATED = 0.8
"""From this share of products on, a catalogue states an attribute so well that it can filter."""
_POINTING = frozenset(("it", "they"))
_LONGEST_VALUE = 6
_SHORTEST_NAME = 4
_MEANINGLESS = frozenset(
    ("yes", "no", "none", "other", "others", "n/a", "na", "various", "default")
)
_REGIONAL = re.compile(r"(?:(?:eu|us|uk|欧 码|美 码) |w ?)?(\d+(?:\.5)?)(?: cm)?$")


@cache
def leanings() -> frozenset[str]:
    """Attributes that say what a thing is good for."""
    return frozenset(read_data("leanings.yaml"))


@dataclass(frozen=True, slots=True)
class Sense:
    """What a phrase names in this catalogue.

    ``name`` is an attribute, ``brand``, ``category``, ``slot`` (an attribute's own name) or
    ``unknown`` (the lexicon knows the word, the catalogue has nothing of it).
    """

    name: str
    values: tuple[str, ...]
    """The catalogue's values, a category label, or the attribute's name."""
    count: int = 1
    """Products that have it."""
    natural: bool = True
    """Whether the lexicon, too, takes the words for this attribute ("oak": a material)."""
    precise: bool = True
    """Whether the words say no more than the value: "dress" for Dresses, unlike "sundress"."""


Meaning = Sense | Cue


@dataclass(frozen=True, slots=True)
class Measured:
    """A value that is a number with a unit, in the first unit of its dimension."""

    value: str
    low: float
    high: float
    factor: float
    """Size of the unit it is written in."""

    @property
    def span(self) -> tuple[float, float]:
        return self.low, self.high


_BARE = re.compile(r"\d[\d.,]*(?:\s*[-~–]\s*\d[\d.,]*)?\+?$")
"""A number or a range of them, without a unit."""


class CatalogVocabulary:
    """Phrases of one catalogue. Built once per index generation."""

    def __init__(self, lexicon: Lexicon, facets: CatalogFacets) -> None:
        self.lexicon = lexicon
        self.facets = facets
        self._node_at = {node.path: node for node in facets.categories}
        self._nodes_of: dict[str, set[tuple[str, ...]]] = {}
        self._narrowings: dict[str, Phrases[Meaning]] = {}
        self._units_of: dict[str, tuple[Unit, ...]] = {}
        self._shares: dict[tuple[str, str | None], float] = {}
        self.phrases: Phrases[Meaning] = Phrases(cue_entries())
        for idiom in lexicon.idioms:
            self.phrases.add(idiom, Cue("idiom"))
        for phrase, sense in self._senses():
            self.phrases.add(phrase, sense)
        for phrase, slot in self._dimensions():
            self.phrases.add(phrase, slot)
            self.phrases.add(phrase, Cue("question_start"))
            if not _POINTING.isdisjoint(phrase.split()):
                self.phrases.add(phrase, Cue("focus"))

    @cached_property
    def words(self) -> frozenset[str]:
        """Latin words of four letters and more that name something in this catalogue."""
        names = [f.value for values in self.facets.attributes.values() for f in values]
        names += [brand.value for brand in self.facets.brands]
        names += [part for node in self.facets.categories for part in node.path]
        for concept in self.lexicon.concepts():
            names += concept.en
        found = {token.text for name in names for token in tokenise(fold(name))}
        return frozenset(w for w in found if len(w) >= 4 and w.isascii() and w.isalpha())

    def nodes(self, label: str) -> set[tuple[str, ...]]:
        """The category nodes that a label stands for."""
        if label not in self._nodes_of:
            self._nodes_of[label] = self.lexicon.category_nodes(label, self.facets)
        return self._nodes_of[label]

    def leaves(self, label: str) -> set[tuple[str, ...]]:
        """The narrowest nodes that a label takes in: two labels for the same products agree."""
        below = self.nodes(label)
        return {p for p in self._narrowest if any(p[: len(b)] == b for b in below)}

    @cached_property
    def _narrowest(self) -> list[tuple[str, ...]]:
        paths = [node.path for node in self.facets.categories]
        inner = {path[:depth] for path in paths for depth in range(len(path))}
        return [path for path in paths if path not in inner]

    def applies(self, attribute: str, category: str | None) -> float:
        """Share of the products of a category (of all, for ``None``) that have an attribute."""
        key = (attribute, category)
        if key not in self._shares:
            self._shares[key] = 1.0 if attribute == "brand" else self._share(attribute, category)
        return self._shares[key]

    def leanings(self, category: str | None) -> set[str]:
        """Attributes that say what a thing is good for, where the catalogue seldom states them."""
        return {name for name in leanings() if self.applies(name, category) < STATED}

    def attribute_values(self, name: str, words: str) -> tuple[str, ...]:
        """The catalogue's values that ``words`` name for one attribute."""
        for meaning in self.phrases.meanings(words):
            if isinstance(meaning, Sense) and meaning.name == name:
                return meaning.values
        return ()

    @cached_property
    def measures(self) -> dict[str, dict[str, list[Measured]]]:
        """Dimension → attribute → its values that measure it. ``brand`` is none."""
        found: dict[str, dict[str, list[Measured]]] = {}
        for name, values in self.facets.attributes.items():
            told = {facet.value: measures_of(facet.value) for facet in values}
            if name.isalpha() and name != "size" and all(_BARE.match(value) for value in told):
                # Of ``players`` or ``gears`` it is the name that says what the numbers count.
                told = {value: measures_of(f"{value} {name}") for value in told}
            often = Counter(m.dimension for of in told.values() for m in of)
            for value, meanings in told.items():
                # Where an attribute has kilograms, its "g" is no gigabyte.
                most = max((often[m.dimension] for m in meanings), default=0)
                for m in meanings:
                    if often[m.dimension] == most:
                        of = found.setdefault(m.dimension, {}).setdefault(name, [])
                        of.append(Measured(value, m.low, m.high, m.factor))
        known = {unit.dimension for meant in units().values() for unit in meant}
        # One value of a unit that is in no table is rather a name: "iPhone 15".
        return {
            dimension: kept
            for dimension, of in found.items()
            if (kept := {n: v for n, v in of.items() if dimension in known or len(v) > 1})
        }

    def says(self, category: str, words: str) -> bool:
        """Whether a kind's own names, or those above it, say a word already."""
        key = name_key(words)
        nodes = [self._node_at[p[:d]] for p in self.nodes(category) for d in range(1, len(p) + 1)]
        names = {node.label(code) for node in nodes for code in ("", *node.translations)}
        return any(key in name_key(name) for name in names)

    def units_of(self, attribute: str) -> tuple[Unit, ...]:
        """The units that an attribute's values are written in, the most frequent first."""
        if attribute in self._units_of:
            return self._units_of[attribute]
        written = Counter(
            Unit(dimension, value.factor)
            for dimension, attributes in self.measures.items()
            for value in attributes.get(attribute, ())
        )
        self._units_of[attribute] = tuple(unit for unit, _ in written.most_common())
        return self._units_of[attribute]

    @cached_property
    def unit_words(self) -> frozenset[str]:
        """The units that this catalogue measures in, in every way to write them."""
        written = {
            form
            for form, meant in units().items()
            if any(u.dimension in self.measures for u in meant)
        }
        known = {unit.dimension for meant in units().values() for unit in meant}
        return frozenset(written | (self.measures.keys() - known))

    def narrowings(self, category: str) -> Phrases[Meaning]:
        """What tells the kinds within a category apart, by itself: "wired", of Wired headphones."""
        if category not in self._narrowings:
            self._narrowings[category] = Phrases(self._narrowing_senses(category))
        return self._narrowings[category]

    def covers(self, wider: str, narrower: str) -> bool:
        """Whether one category label takes in another."""
        below = self.nodes(narrower)
        above = self.nodes(wider)
        return bool(below) and all(any(b[: len(a)] == a for a in above) for b in below)

    def _senses(self) -> Iterator[tuple[str, Sense]]:
        for name, values in self.facets.attributes.items():
            yield from self._value_senses(name, values)
        yield from self._value_senses("brand", self.facets.brands)
        yield from self._category_senses()
        for concept in self.lexicon.concepts("attribute_name"):
            stated = (concept.value, concept.family)
            slot = next((n for n in stated if n in self.facets.attributes or n == "brand"), None)
            if slot:
                yield from ((form, Sense("slot", (slot,))) for form in concept.forms())
        for name, values in self.facets.attributes.items():
            if yes := one_of(values, YES):
                # "Waterproof" is said of a product whose attribute ``waterproof`` is "yes".
                forms = {name.replace("_", " "), *self._feature_forms(name)}
                for form in {*forms, *without(forms)}:
                    yield form, Sense(name, (yes.value,), yes.count)
                if no := one_of(values, NO):
                    for form in self._opposite_forms(name):
                        yield form, Sense(name, (no.value,), no.count)
            else:
                yield name.replace("_", " "), Sense("slot", (name,))
                yield from self._named_values(name, values)

    def _named_values(self, name: str, values: list[ValueFacet]) -> Iterator[tuple[str, Sense]]:
        """Values with the attribute's name beside them: "dark roast", "linear switches"."""
        for value in values:
            if value.value.isascii() and value.value.replace(" ", "").isalpha():
                sense = Sense(name, (value.value,), value.count)
                yield f"{value.value} {name.replace('_', ' ')}", sense
                yield f"{value.value.removesuffix('e')}er {name.replace('_', ' ')}", sense

    def _dimensions(self) -> Iterator[tuple[str, Sense]]:
        """Questions that mean an attribute and do not name it: "how heavy is it?"."""
        for entry in read_data("dimensions.yaml"):
            for name in entry["attributes"]:
                if name in self.facets.attributes:
                    yield from ((words, Sense("slot", (name,))) for words in entry["words"])

    def _narrowing_senses(self, category: str) -> Iterator[tuple[str, Meaning]]:
        held = [self._node_at[path] for path in self.nodes(category)]
        told = narrowings(held, self.facets.categories, self.lexicon, self._names_value)
        return ((words, Sense("category", (label,), count)) for words, label, count in told)

    def _names_value(self, words: str) -> bool:
        """Whether words name a value that says more of a thing than what it is used for."""
        senses = [m for m in self.phrases.meanings(words) if isinstance(m, Sense)]
        return any(s.name not in ("category", "slot", "unknown", "use") for s in senses)

    def _share(self, attribute: str, category: str | None) -> float:
        nodes = [self._node_at[path] for path in self.nodes(category)] if category else []
        if not nodes:
            total = sum(value.count for value in self.facets.attributes.get(attribute, []))
            return min(1.0, total / max(1, self.facets.products))
        return sum(n.attributes.get(attribute, 0) for n in nodes) / sum(n.count for n in nodes)

    def _is_natural(self, name: str, value: str) -> bool:
        if self.lexicon.canonical(name, value):
            return True
        found = self.lexicon.find(value)
        return not any(m.kind == "attribute" and m.end - m.start == len(value) for m in found)

    def _feature_forms(self, name: str) -> Iterator[str]:
        """Words for what a yes-or-no attribute says, and for sorts of it that the catalogue has
        no attribute for: "bluetooth", of ``wireless``."""
        said = name.replace("_", " ")
        for concept in self.lexicon.concepts("feature"):
            own = concept.value.replace(" ", "_") in self.facets.attributes
            if concept.value == said or (concept.family == said and not own):
                yield from concept.forms()

    def _opposite_forms(self, name: str) -> Iterator[str]:
        for concept in self.lexicon.concepts("feature"):
            if concept.opposite == name.replace("_", " "):
                yield from concept.forms()

    def _value_senses(self, name: str, values: list[ValueFacet]) -> Iterator[tuple[str, Sense]]:
        if one_of(values, YES):
            return
        own: dict[str, ValueFacet] = {}
        for value in values:
            written = {value.value, *value.translations.values()}
            for form in (*written, *joined(written), *self.lexicon.spellings(value.value)):
                key = name_key(form)
                if self._is_sayable(key, name) and key not in own:
                    own[key] = value
                    natural = self._is_natural(name, value.value)
                    yield form, Sense(name, (value.value,), value.count, natural)
                    if name == "size" and (number := _REGIONAL.match(key)):
                        plain = not key.endswith("cm")
                        yield number.group(1), Sense(name, (value.value,), value.count, plain)
        if name == "brand":
            yield from self._short_brands(values)
            return
        yield from self._lexicon_senses(name, values, own.keys())

    def _lexicon_senses(
        self, name: str, values: list[ValueFacet], own: Collection[str]
    ) -> Iterator[tuple[str, Sense]]:
        """The lexicon's words for an attribute's values, but for the catalogue's ``own``."""
        meant: dict[str, list[ValueFacet]] = {}
        for value in values:
            if canonical := self.lexicon.canonical(name, value.value):
                meant.setdefault(canonical, []).append(value)
        for concept in self.lexicon.concepts(name):
            found = meant.get(concept.value) or [
                value
                for key, members in meant.items()
                if (c := self.lexicon.concept(name, key)) and c.family == concept.value
                for value in members
            ]
            if not found and concept.opposite:
                continue
            if not found and concept.family:
                found = meant.get(
                    concept.family, []
                )  # a shade that the shop files under its colour
            sense = (
                Sense(name, tuple(v.value for v in found), sum(v.count for v in found))
                if found
                else Sense("unknown", (concept.value,), 0)
            )
            for form in concept.forms():
                if name_key(form) not in own:
                    yield form, sense

    def _short_brands(self, brands: list[ValueFacet]) -> Iterator[tuple[str, Sense]]:
        """The first words of longer names, where they are one brand's and no words for a thing:
        "Marlowe", of Marlowe Leather."""
        firsts = Counter(name_key(brand.value).split(" ")[0] for brand in brands)
        for brand in brands:
            first, *rest = name_key(brand.value).split(" ")
            if rest and firsts[first] == 1 and not self._is_a_word(first):
                yield first, Sense("brand", (brand.value,), brand.count, natural=False)

    def _is_a_word(self, word: str) -> bool:
        return (
            word in english_words() or bool(self.lexicon.find(word)) or len(word) < _SHORTEST_NAME
        )

    def _category_senses(self) -> Iterator[tuple[str, Sense]]:
        named: set[str] = set()
        parts: list[tuple[str, CategoryFacet]] = []
        # Of several nodes of one name, "Dress" and "Dresses", the fullest gives the label.
        for node in sorted(self.facets.categories, key=lambda node: -node.count):
            for name in {node.name, *(t[-1] for t in node.translations.values() if t)}:
                if name_key(name) not in named:
                    named.add(name_key(name))
                    yield name, Sense("category", (node.name,), node.count)
                parts += [(part, node) for part in split(name)]
        shared = Counter(key for key, _ in {(name_key(part), node.path) for part, node in parts})
        for part, node in parts:
            key = name_key(part)
            if key.replace(" ", "_") in self.facets.attributes:
                continue
            # Where the lexicon tells more, it knows better: "tablets" of "Laptops & tablets".
            if key not in named and shared[key] == 1 and not self._is_finer(part, node.path):
                named.add(key)
                yield part, Sense("category", (node.name,), node.count, precise=False)
        for concept in self.lexicon.concepts("category"):
            label, precise, count = self._label_of(concept.value)
            for form in concept.forms():
                if name_key(form) in named:
                    continue
                if not label:
                    yield form, Sense("unknown", (concept.value,), 0)
                    continue
                plain = precise and not self._narrows(concept, form)
                yield form, Sense("category", (label,), count, precise=plain)

    def _narrows(self, concept: Concept, form: str) -> bool:
        """Whether a word for a kind says more than the kind: "hoop earrings" of earrings."""
        tokens = tokenise(fold(form))
        if form in (concept.en[0], concept.zh[0]) or len(tokens) < 2:
            return False
        return bool(self.lexicon.tail(form[tokens[1].start :]))

    def _is_finer(self, part: str, path: tuple[str, ...]) -> bool:
        kind = self.lexicon.canonical("category", part)
        label = self._label_of(kind)[0] if kind else ""
        nodes = self.nodes(label) if label else set()
        return bool(nodes) and all(node[: len(path)] == path for node in nodes)

    def _label_of(self, concept: str) -> tuple[str, bool, int]:
        """The label for a kind of product, whether it says as much, and its products."""
        waiting, precise, seen = [concept], True, set[str]()
        while waiting:
            value = waiting.pop(0)
            if value in seen:
                continue
            seen.add(value)
            nodes = self.nodes(value)
            names = {path[-1] for path in nodes}
            count = sum(self._node_at[path].count for path in nodes)
            if len(names) == 1:
                name = names.pop()
                kinds = self.lexicon.kinds_of(name)
                return (
                    name,
                    precise and bool(kinds) and kinds <= self.lexicon.narrower(value),
                    count,
                )
            if names:
                return value, precise, count
            waiting += self.lexicon.wider(value)
            precise = False
        return "", False, 0

    def _is_sayable(self, key: str, name: str) -> bool:
        """Whether a value can be recognised in running text without a word that announces it."""
        words = key.split()
        if not words or len(words) > _LONGEST_VALUE or key in _MEANINGLESS:
            return False
        if name == "brand":
            return len(key) > 1
        return not all(is_number(word) for word in words) or name == "size"
