"""Search queries with known answers, made from a catalogue's own kinds, attributes and titles.

What a query asks for is said in the lexicon's words, in either language, whatever the words of the
catalogue are; which products answer it is known from their categories and attributes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Literal

import yaml

from retrieval.catalog.product import Product
from retrieval.index.tokenize import terms
from retrieval.index.values import asked_key, held_keys
from retrieval.lexicon.lexicon import Lexicon

Kind = Literal["type", "value", "title"]
_LANGUAGES = ("en", "zh")
_TOO_MANY = 0.3  # a kind that takes in more of a catalogue than this tells little


@dataclass(frozen=True, slots=True)
class ShopQuery:
    """A query and the products that answer it."""

    text: str
    language: str
    kind: Kind
    sort: str
    """The kind of product asked for, as the lexicon names it."""
    value: str
    """The words for the attribute's value alone; empty where none is asked for."""
    relevant: frozenset[int]
    """Rows of the products that answer it."""

    @property
    def is_for_fitting(self) -> bool:
        """Two thirds of all texts, by their hash; the others validate."""
        return int(hashlib.sha256(self.text.encode()).hexdigest()[:8], 16) % 3 > 0


class QueryMaker:
    """Draws queries for one catalogue, the same ones for the same seed."""

    def __init__(self, products: Sequence[Product], lexicon: Lexicon, seed: int = 0) -> None:
        self._products = products
        self._lexicon = lexicon
        self._rng = Random(seed)  # noqa: S311 (draws queries, not secrets)
        self._templates = _templates()
        self.rows_of: dict[str, list[int]] = defaultdict(list)
        """Kind of product → rows of its products, those of narrower kinds included."""
        for row, product in enumerate(products):
            for sort in self._sorts(product):
                self.rows_of[sort].append(row)
        self._sorts_to_ask = sorted(
            sort for sort, rows in self.rows_of.items() if len(rows) < _TOO_MANY * len(products)
        )

    def make(self, count: int) -> list[ShopQuery]:
        """About ``count`` different queries, shared evenly among kinds and languages."""
        makers: Sequence[Callable[[str], ShopQuery | None]] = (
            self._of_type,
            self._of_value,
            self._of_title,
        )
        if not self._sorts_to_ask:  # the lexicon knows none of the categories
            makers = (self._of_title,) * len(makers)
        found: dict[str, ShopQuery] = {}
        for number in range(count):
            language = _LANGUAGES[number % 2]
            query = makers[number // 2 % 3](language)
            if query is not None:
                found[query.text] = query
        return list(found.values())

    def _of_type(self, language: str) -> ShopQuery:
        sort = self._rng.choice(self._sorts_to_ask)
        text = self._worded("type", language, sort)
        return ShopQuery(text, language, "type", sort, "", frozenset(self.rows_of[sort]))

    def _of_value(self, language: str) -> ShopQuery | None:
        sort = self._rng.choice(self._sorts_to_ask)
        rows = self.rows_of[sort]
        values = [
            (name, value)
            for name, found in self._products[self._rng.choice(rows)].all_attributes().items()
            for value in found
            if name != "size" and self._lexicon.canonical(name, value)
        ]
        if not values:
            return None
        name, value = self._rng.choice(values)
        key = asked_key(name, value)
        relevant = frozenset(row for row in rows if key in self._held(row, name))
        words = self._rng.choice(self._lexicon.forms(name, value, language))
        text = self._worded(name, language, sort, words)
        return ShopQuery(text, language, "value", sort, words, relevant)

    def _of_title(self, language: str) -> ShopQuery | None:
        """Some words of a product's title, in their order: a thing that was seen before."""
        row = self._rng.randrange(len(self._products))
        product = self._products[row]
        if language != product.language and language not in product.translations:
            return None
        title = product.text(language).title
        words = title.lower().split() if language == "en" else _distinct(terms(title))
        amount = min(len(words), self._rng.randint(2, 4))
        picked = sorted(self._rng.sample(range(len(words)), amount))
        text = (" " if language == "en" else "").join(words[position] for position in picked)
        return ShopQuery(text, language, "title", "", "", frozenset([row]))

    def _worded(self, template: str, language: str, sort: str, value: str = "") -> str:
        forms = self._templates[language]
        sort_words = self._rng.choice(self._lexicon.forms("category", sort, language))
        chosen = self._rng.choice(forms.get(template, forms["other"]))
        return chosen.format(type=sort_words, value=value).strip()

    def _held(self, row: int, name: str) -> set[str]:
        values = self._products[row].all_attributes().get(name, ())
        return {key for value in values for key in held_keys(name, value)}

    def _sorts(self, product: Product) -> set[str]:
        """The kinds that a product is of, by the names of its categories."""
        found: set[str] = set()
        waiting = [s for name in product.category_path for s in self._lexicon.kinds_of(name)]
        while waiting:
            if (sort := waiting.pop()) not in found:
                found.add(sort)
                waiting.extend(self._lexicon.wider(sort))
        return found


def sorts_in(text: str, lexicon: Lexicon) -> Iterator[str]:
    """The kinds of product that a text speaks of."""
    return (match.value for match in lexicon.find(text) if match.kind == "category")


def _distinct(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _templates() -> dict[str, dict[str, list[str]]]:
    text = (
        files("finetune.search").joinpath("data/query_templates.yaml").read_text(encoding="utf-8")
    )
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return loaded
