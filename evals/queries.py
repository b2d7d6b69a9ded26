"""Shopping queries in both languages, each over a catalogue of one language.

A query's answers are the products of a category that have certain values. Measured are English and
Chinese queries over English catalogues, and both over a Chinese one, by vectors alone and by what
serves. The aim: the foreign queries reach 85 % of the own language's Recall@10.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from evals.errors import DataError
from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder
from retrieval.index.document import embedding_text, lexical_document
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalIndex
from retrieval.index.values import folded
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.fusion import Fusion
from retrieval.search.query import read_query

QUERIES = Path(__file__).with_name("data") / "shopping_queries.csv"
_SHOWN = 10
_COLUMNS = ("shop", "category", "attributes", "en", "zh")

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class ShoppingQuery:
    """One wish in both languages."""

    shop: str
    category: tuple[str, ...]
    """The last names of a category path, one or more."""
    attributes: Mapping[str, str]
    text: Mapping[Language, str]

    def answers(self, products: Sequence[Product]) -> frozenset[int]:
        """Rows of the products that answer it."""
        return frozenset(row for row, product in enumerate(products) if self._is_met_by(product))

    def _is_met_by(self, product: Product) -> bool:
        path, wanted = tuple(product.category_path), self.category
        ends = range(len(wanted), len(path) + 1)
        if not any(path[end - len(wanted) : end] == wanted for end in ends):
            return False
        held = product.all_attributes()
        return all(
            folded(value) in {folded(own) for own in held.get(name, ())}
            for name, value in self.attributes.items()
        )


@dataclass(frozen=True, slots=True)
class Crossing:
    """Recall@10 over one catalogue, counted of the ten that could be shown at most."""

    catalogue: str
    system: str
    queries: int
    own: float
    """Of the queries in the catalogue's language."""
    foreign: float

    @property
    def ratio(self) -> float:
        return self.foreign / self.own


def read_shopping_queries(file: Path = QUERIES) -> list[ShoppingQuery]:
    """Raises:
    DataError: a column or a cell is missing, or an attribute is no ``name=value``.
    """
    found = []
    with file.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            blank = [c for c in _COLUMNS if row.get(c) is None or not (row[c] or c == "attributes")]
            if blank:
                raise DataError(f"{file.name}, line {number}: {blank[0]} is missing.")
            pairs = [pair.partition("=") for pair in row["attributes"].split(";") if pair]
            if any(not value for _, _, value in pairs):
                raise DataError(f"{file.name}, line {number}: attributes want name=value.")
            found.append(
                ShoppingQuery(
                    row["shop"],
                    tuple(row["category"].split(" > ")),
                    {name: value for name, _, value in pairs},
                    {"en": row["en"], "zh": row["zh"]},
                )
            )
    return found


def measure_crossing(
    shops: Mapping[str, Sequence[Product]],
    queries: Sequence[ShoppingQuery],
    encoder: Encoder,
    lexicon: Lexicon,
) -> list[Crossing]:
    """Every shop's catalogue in English, and in Chinese where it is all translated.

    Raises:
        DataError: a query has no answer in its shop.
    """
    found: list[Crossing] = []
    for name, products in shops.items():
        asked = [query for query in queries if query.shop == name]
        answers = [query.answers(products) for query in asked]
        empty = [query.text["en"] for query, rows in zip(asked, answers, strict=True) if not rows]
        if empty:
            raise DataError(f"Nothing in {name} answers {empty[0]!r}.")
        for language in _languages(products):
            told = [_in_language(product, language) for product in products]
            found.extend(_measure(name, language, told, asked, answers, encoder, lexicon))
    return found


def _measure(
    name: str,
    own: Language,
    products: Sequence[Product],
    asked: Sequence[ShoppingQuery],
    answers: Sequence[frozenset[int]],
    encoder: Encoder,
    lexicon: Lexicon,
) -> Iterator[Crossing]:
    matrix = encoder.encode([embedding_text(product) for product in products])
    index = LexicalIndex.build([lexical_document(product) for product in products])
    everything = np.ones(len(products), dtype=np.bool_)
    languages: tuple[Language, Language] = ("en", "zh") if own == "en" else ("zh", "en")
    recalls: dict[str, list[list[float]]] = {"vectors": [[], []], "hybrid": [[], []]}
    for place, language in enumerate(languages):
        vectors = encoder.encode([query.text[language] for query in asked])
        for query, rows, vector in zip(asked, answers, vectors, strict=True):
            cosines = matrix @ vector
            words = index.score(read_query(query.text[language], lexicon, [own]))
            fused = Fusion.load().fuse(words, cosines, everything)
            for system, scores in (("vectors", cosines), ("hybrid", fused)):
                best = set(top_rows(scores, _SHOWN).tolist())
                recalls[system][place].append(len(best & rows) / min(_SHOWN, len(rows)))
    for system, (first, second) in recalls.items():
        mean, foreign = float(np.mean(first)), float(np.mean(second))
        yield Crossing(f"{name}, {own}", system, len(asked), mean, foreign)


def _languages(products: Sequence[Product]) -> list[Language]:
    known: tuple[Language, ...] = ("en", "zh")
    return [
        language
        for language in known
        if all(p.language == language or language in p.translations for p in products)
    ]


def _in_language(product: Product, language: Language) -> Product:
    """The product as a shop has it that knows this language only."""
    text = product.text(language)
    variants = [variant.model_copy(update={"attributes": {}}) for variant in product.variants]
    return product.model_copy(
        update={
            "language": language,
            "title": text.title,
            "description": text.description,
            "category_path": text.category_path,
            "brand": text.brand,
            "attributes": text.attributes,
            "tags": product.tags if language == product.language else [],
            "variants": variants,
            "translations": {},
        }
    )
