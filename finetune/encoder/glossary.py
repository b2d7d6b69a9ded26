"""The shopping glossary: data files of terms, and the product-style pairs that they compose to."""

import csv
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from finetune.encoder.pairs import Pair
from finetune.errors import TrainingDataError
from retrieval.encoder.script import has_chinese

FOLDER = Path(__file__).with_name("glossary")

_SLOT = re.compile(r"\{([a-z_]+?)(2?)\}")
_MIXED = 0.15  # of the composed pairs have some Chinese term replaced by its English


@dataclass(frozen=True)
class Term:
    """One meaning.

    Attributes:
        chinese: ways of saying it, at least one.
        english: its translation.
    """

    chinese: tuple[str, ...]
    english: str


@dataclass(frozen=True)
class Template:
    """A pattern with ``{slots}``, the same ones on both sides.

    Attributes:
        departments: it is used for those only; empty: for all.
    """

    chinese: str
    english: str
    departments: frozenset[str] = frozenset()

    def slots(self) -> list[tuple[str, str]]:
        """The slots in order: kind, and the whole name (a second one of a kind ends in 2)."""
        return [(kind, kind + second) for kind, second in _SLOT.findall(self.chinese)]


@dataclass
class Glossary:
    """All of it.

    Attributes:
        products: department → what it sells.
        modifiers: department → kind → terms that fit it.
        shared: kinds that fit every department: recipients, occasions, places, numbers.
        templates: titles and wishes.
        sentences: ready pairs: service talk and reviews.
    """

    products: dict[str, list[Term]]
    modifiers: dict[str, dict[str, list[Term]]]
    shared: dict[str, list[Term]]
    templates: list[Template]
    sentences: list[Pair] = field(default_factory=list)

    def terms(self) -> list[Pair]:
        """Every term by itself, one pair per way of saying it."""
        lists = [*self.products.values(), *self.shared.values()]
        lists += [terms for kinds in self.modifiers.values() for terms in kinds.values()]
        found = {
            Pair(chinese, term.english)
            for terms in lists
            for term in terms
            for chinese in term.chinese
            if has_chinese(chinese)
        }
        return sorted(found, key=lambda pair: (pair.chinese, pair.english))

    def compose(self, count: int, seed: int = 0) -> list[Pair]:
        """``count`` product-style pairs, drawn at random.

        A department comes the oftener, the more products and templates it has.
        """
        source = random.Random(seed)  # noqa: S311  (no secret)
        departments = sorted(self.products)
        usable = {name: self._usable(name) for name in departments}
        weights = [len(self.products[name]) * len(usable[name]) for name in departments]
        return [
            self._fill(source, name, source.choice(usable[name]))
            for name in source.choices(departments, weights, k=count)
        ]

    def _usable(self, department: str) -> list[Template]:
        kinds = {"noun", *self.modifiers[department], *self.shared}
        return [
            template
            for template in self.templates
            if kinds.issuperset(kind for kind, _ in template.slots())
            and (not template.departments or department in template.departments)
        ]

    def _fill(self, source: random.Random, department: str, template: Template) -> Pair:
        chinese, english, used = template.chinese, template.english, set[str]()
        mixed = source.random() < _MIXED
        for kind, slot in template.slots():
            choices = (
                self.products[department]
                if kind == "noun"
                else self.modifiers[department].get(kind) or self.shared[kind]
            )
            term = source.choice([term for term in choices if term.english not in used] or choices)
            used.add(term.english)
            said = source.choice(term.chinese)
            if mixed and source.random() < 0.5:
                said = f" {term.english} "
            chinese = chinese.replace("{" + slot + "}", said)
            english = english.replace("{" + slot + "}", term.english)
        chinese = chinese.replace("的的", "的")
        return Pair(" ".join(chinese.split()), english)


def read_glossary(folder: Path = FOLDER) -> Glossary:
    """Reads the glossary's files.

    Raises:
        TrainingDataError: a file is missing or malformed; names the file.
    """
    products = {
        path.stem: [_term(row["zh"], row["en"]) for row in _rows(path)]
        for path in sorted((folder / "products").glob("*.csv"))
    }
    modifiers: dict[str, dict[str, list[Term]]] = {name: {} for name in products}
    for kind, entry in _mapping(folder / "modifiers.yaml").items():
        for department in entry.get("departments", products):
            if department not in modifiers:
                raise TrainingDataError(f"modifiers.yaml: {kind}: no department {department!r}")
            modifiers[department][kind] = _terms(entry["words"])
    templates = _mapping(folder / "templates.yaml")
    shared = {kind: _terms(words) for kind, words in _mapping(folder / "purposes.yaml").items()}
    shared["number"] = _terms(templates["numbers"])
    return Glossary(
        products,
        modifiers,
        shared,
        [_template(entry) for entry in templates["titles"] + templates["wishes"]],
        [Pair(row["zh"], row["en"]) for row in _rows(folder / "sentences.csv")],
    )


def _template(entry: Mapping[str, Any]) -> Template:
    template = Template(entry["zh"], entry["en"], frozenset(entry.get("departments", ())))
    if sorted(_SLOT.findall(template.chinese)) != sorted(_SLOT.findall(template.english)):
        raise TrainingDataError(f"templates.yaml: slots differ: {entry}")
    return template


def _terms(words: Mapping[str, str]) -> list[Term]:
    return [_term(chinese, english) for chinese, english in words.items()]


def _term(chinese: str, english: str) -> Term:
    return Term(tuple(str(chinese).split("|")), str(english))


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with _existing(path).open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            if not row.get("zh") or not row.get("en") or None in row:
                raise TrainingDataError(f"{path.name}, line {number}: needs exactly zh and en")
            yield row


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = yaml.safe_load(_existing(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise TrainingDataError(f"{path.name}: {error}") from error
    return found


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise TrainingDataError(f"The glossary lacks its file {path.name}.")
    return path


def distinct(pairs: Sequence[Pair]) -> list[Pair]:
    """``pairs`` without repetition, in order."""
    return list(dict.fromkeys(pairs))
