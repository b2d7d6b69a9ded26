"""Adapts search to one shop: queries made from its catalogue, and what its shoppers clicked.

First the encoder learns, then, on queries that it has not seen, how much words and vectors count
in the order. A fifth of the texts, by hash, is kept for measuring. What comes out serves only where
search with it is at least as good on those as search that serves now.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product as combinations
from pathlib import Path

import numpy as np

from finetune.errors import TrainingDataError
from finetune.registry import METRICS
from finetune.search.contrastive import Schedule, Told
from finetune.search.fit import fit_encoder
from finetune.search.mining import Grades, training_queries
from finetune.search.shop_queries import QueryMaker
from retrieval.catalog.product import Product
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.encoder.opening import ADAPTER_FILE
from retrieval.events.event import Event, EventType
from retrieval.index.document import embedding_text, lexical_document
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalIndex
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.answerable import Answerable, read_asked, relevant
from retrieval.search.fusion import FUSION_FILE, Fusion, fusion_parts
from retrieval.search.query import read_query

_WORTH = {EventType.CLICK: 1.0, EventType.ADD_TO_CART: 2.0, EventType.PURCHASE: 3.0}
_MOST_WORTH = 6.0
_ENOUGH_CLICKED = 50  # held-out queries with clicks; fewer say nothing
_ENOUGH = 20
_NOISE = 0.01
_TOP = 10
_SHOWN = 40
_STEP = 0.1


@dataclass(frozen=True, slots=True)
class ShopMaterial:
    """Graded queries, disjoint by text."""

    train: dict[str, Grades]
    """For the encoder."""
    weigh: dict[str, Grades]
    """For the weights of words and vectors."""
    held_out: dict[str, Grades]
    source: str
    """``clicks`` or ``catalogue``: what ``held_out`` consists of."""


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """Means over the held-out queries; ``fused`` is what a shopper gets."""

    fused_ndcg_at_10: float
    fused_recall_at_10: float
    answered: float
    """Share of queries for which an answer comes over the floor of relevance."""
    let_through: float
    """Share of the other products that come over it too."""
    cosine_ndcg_at_10: float
    cosine_recall_at_10: float

    def is_as_good_as(self, other: "SearchFigures") -> bool:
        """Whether it may serve in the place of ``other``."""
        return (
            self.fused_ndcg_at_10 >= other.fused_ndcg_at_10
            and self.answered >= other.answered - _NOISE
            and self.let_through <= other.let_through + _NOISE
        )


def gather(
    products: Sequence[Product], events: Iterable[Event], lexicon: Lexicon, count: int, seed: int
) -> ShopMaterial:
    """Queries from the catalogue, about ``count``, and from the log; clicks measure where enough.

    Raises:
        TrainingDataError: the catalogue gives too few queries.
    """
    rows = {product.id: row for row, product in enumerate(products)}
    clicked = clicked_queries(events, rows)
    made: dict[str, Grades] = {
        query.text: dict.fromkeys(query.relevant, 1.0)
        for query in QueryMaker(products, lexicon, seed).make(count)
        if query.relevant
    }
    held_clicks = {text: grades for text, grades in clicked.items() if _is_held_out(text)}
    held_made = {text: grades for text, grades in made.items() if _is_held_out(text)}
    by_clicks = len(held_clicks) >= _ENOUGH_CLICKED
    held_out = held_clicks if by_clicks else held_made
    rest = {text: grades for text, grades in (made | clicked).items() if not _is_held_out(text)}
    train = {text: grades for text, grades in rest.items() if not _is_for_weights(text)}
    weigh = {
        text: grades
        for text, grades in (clicked if by_clicks else made).items()
        if text in rest and _is_for_weights(text)
    }
    if min(len(train), len(held_out)) < _ENOUGH:
        raise TrainingDataError(
            f"{len(train)} queries to learn from and {len(held_out)} to measure on: too few. The "
            "catalogue needs more products or categories that the lexicon knows."
        )
    return ShopMaterial(train, weigh, held_out, "clicks" if by_clicks else "catalogue")


def clicked_queries(events: Iterable[Event], rows: Mapping[str, int]) -> dict[str, Grades]:
    """Query → row → what shoppers made of it after asking: clicks, carts and purchases added up."""
    found: dict[str, dict[int, float]] = {}
    for event in events:
        worth = _WORTH.get(event.type)
        if worth is None or not event.query or event.product_id not in rows:
            continue
        text = " ".join(event.query.lower().split())
        grades = found.setdefault(text, {})
        row = rows[event.product_id]
        grades[row] = min(_MOST_WORTH, grades.get(row, 0.0) + worth)
    return dict(found)


class ShopSearch:
    """Search over a shop's products with one encoder, scored as it serves, without filters."""

    def __init__(self, products: Sequence[Product], lexicon: Lexicon) -> None:
        self.texts = [embedding_text(product) for product in products]
        self._lexicon = lexicon
        self._index = LexicalIndex.build([lexical_document(product) for product in products])
        self._languages = {p.language for p in products} | {
            language for p in products for language in p.translations
        }

    def measure(
        self, encoder: Encoder, fusion: Fusion, held_out: Mapping[str, Grades]
    ) -> SearchFigures:
        """Figures of search with ``encoder`` and the weights of ``fusion``."""
        matrix, asked = encoder.encode(self.texts), encoder.encode(list(held_out))
        everything = np.ones(len(matrix), dtype=np.bool_)
        found = []
        for (text, grades), vector in zip(held_out.items(), asked, strict=True):
            cosines = matrix @ vector
            lexical = self._index.score(read_query(text, self._lexicon, self._languages))
            fused = fusion.fuse(lexical, cosines, everything)
            asked_for = read_asked(text, self._lexicon, self._languages)
            over = relevant(asked_for, lexical, cosines, everything, fusion, Answerable.load())
            answers = np.isin(np.arange(len(matrix)), list(grades))
            floor = [float((over & answers).any()), float(over[~answers].mean())]
            found.append([*_figures(fused, grades), *floor, *_figures(cosines, grades)])
        return SearchFigures(*(float(value) for value in np.mean(found, axis=0)))

    def weigh(self, encoder: Encoder, start: Fusion, clicked: Mapping[str, Grades]) -> Fusion:
        """``start`` with the weights, in steps of 0.1, of the highest nDCG@10 on ``clicked``.

        It stays as it is where no others are better by more than the standard error, or where
        there are too few queries to tell.
        """
        if len(clicked) < _ENOUGH:
            return start
        steps = [(a, b, 10 - a - b) for a, b in combinations(range(11), repeat=2) if a + b <= 10]
        tried = [(start.bm25, start.coverage, start.cosine)]
        tried += [(a * _STEP, b * _STEP, c * _STEP) for a, b, c in steps]
        weights = np.array(tried, dtype=np.float32)
        matrix, asked = encoder.encode(self.texts), encoder.encode(list(clicked))
        every = np.arange(len(matrix))
        found = []
        for (text, grades), vector in zip(clicked.items(), asked, strict=True):
            lexical = self._index.score(read_query(text, self._lexicon, self._languages))
            parts = fusion_parts(lexical, matrix @ vector, every)
            found.append([_figures(fused, grades)[0] for fused in weights @ parts])
        gains = np.array(found)[:, 1:] - np.array(found)[:, :1]
        best = int(gains.mean(axis=0).argmax())
        error = gains[:, best].std() / np.sqrt(len(gains))
        if gains[:, best].mean() <= error:
            return start
        bm25, coverage, cosine = (step / 10 for step in steps[best])
        return replace(start, bm25=bm25, coverage=coverage, cosine=cosine)

    def adapt(
        self, encoder: Encoder, train: Mapping[str, Grades], schedule: Schedule, told: Told
    ) -> CatalogAdapter:
        """An adapter of the packaged encoder, trained on ``train``."""
        matrix: Vectors = encoder.encode(self.texts)
        asked = dict(zip(train, encoder.encode(list(train)), strict=True))
        told("looking for hard negatives")

        def found(text: str) -> list[np.ndarray]:
            lexical = self._index.score(read_query(text, self._lexicon, self._languages))
            cosines = matrix @ asked[text]
            return [top_rows(lexical.bm25, _SHOWN), top_rows(cosines, _SHOWN)]

        queries = training_queries(train, found, answers_from=1.0, look_alikes_below=1.0)
        return fit_encoder(queries, self.texts, schedule, told=told)


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What adapting gave; ``files`` is a folder as the model registry takes it."""

    before: SearchFigures
    after: SearchFigures
    fusion: Fusion
    """The weights that come with the adapter."""
    source: str
    trained_on: int
    held_out: int

    @property
    def is_better_or_equal(self) -> bool:
        return self.after.is_as_good_as(self.before)

    def metrics(self) -> dict[str, float | str]:
        """For ``metrics.json``."""
        return (
            asdict(self.after)
            | {f"before_{name}": value for name, value in asdict(self.before).items()}
            | {
                f"weight_{name}": getattr(self.fusion, name)
                for name in ("bm25", "coverage", "cosine")
            }
            | {"source": self.source, "trained_on": self.trained_on, "held_out": self.held_out}
        )


def adapt_encoder(
    search: "ShopSearch",
    material: ShopMaterial,
    open_adapted: Callable[[Path | None], Encoder],
    serving: Path | None,
    folder: Path,
    schedule: Schedule,
    told: Told,
) -> Adaptation:
    """Trains an adapter and weights, writes them with their figures into ``folder``.

    Args:
        search: over the shop's products.
        material: what to learn from and to measure on.
        open_adapted: opens the encoder with an adapter; None is the packaged one.
        serving: the adapter that serves now; its weights lie beside it.
        folder: for adapter, weights and ``metrics.json``.
        schedule: of the training.
        told: is told how far it is.
    """
    told(f"{len(material.train)} queries to learn from, {len(material.held_out)} to measure on")
    packaged = open_adapted(None)
    file = folder / ADAPTER_FILE
    search.adapt(packaged, material.train, schedule, told).save(file)
    told(f"weighing words and vectors on {len(material.weigh)} further queries")
    adapted = open_adapted(file)
    fusion = search.weigh(adapted, Fusion.load(), material.weigh)
    fusion.write(folder / FUSION_FILE)
    told("measuring")
    after = search.measure(adapted, fusion, material.held_out)
    before = search.measure(
        open_adapted(serving) if serving else packaged,
        Fusion.of_shop(serving.parent if serving else None),
        material.held_out,
    )
    found = Adaptation(
        before, after, fusion, material.source, len(material.train), len(material.held_out)
    )
    (folder / METRICS).write_text(json.dumps(found.metrics(), indent=2), encoding="utf-8")
    return found


def _figures(scores: Vectors, grades: Grades) -> tuple[float, float]:
    """nDCG@10 and Recall@10, the latter over the ten that could be shown at most."""
    best = top_rows(scores, _TOP)
    gains = np.array([grades.get(int(row), 0.0) for row in best])
    ideal = np.array(sorted(grades.values(), reverse=True)[:_TOP])
    discount = 1 / np.log2(np.arange(2, _TOP + 2))
    return (
        float(gains @ discount[: len(gains)] / (ideal @ discount[: len(ideal)])),
        float((gains > 0).sum() / len(ideal)),
    )


def _is_held_out(text: str) -> bool:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 5 == 0


def _is_for_weights(text: str) -> bool:
    """An eighth of the texts that are not held out."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) // 5 % 8 == 0
