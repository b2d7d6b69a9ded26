"""Chooses the weights and floors of search on queries made from catalogues, and writes them.

``ShopQuery`` tells what is relevant. What a shop does not sell is asked of it too: queries for
things of a department that is taken away, or that only another shop has, and requests that people
wrote (WebShop). Two thirds of the queries choose, the last third measures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.views import encoded
from finetune.search.shop_queries import QueryMaker, ShopQuery, sorts_in
from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.document import embedding_text, lexical_document
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalIndex, LexicalScores
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.fusion import Fusion, fusion_parts
from retrieval.search.query import read_query

_DEPTH = 100
_FLOORS = np.arange(0.20, 0.605, 0.01)
_COVERAGES = np.arange(0.0, 0.625, 0.05)
_KEPT_WITH_TOPIC = 0.97
ANSWERS = 0.6
"""Share of answers kept in the goal, the rest being refusals: a miss is the worse of the two."""

Scores = NDArray[np.float32]
Cell = tuple[str, ...]
"""What a mean is taken over first: shop, language, kind of query ... Cells weigh the same."""


class ShopBench:
    """One catalogue's indexes, scored as ``HybridSearch`` scores them."""

    def __init__(
        self,
        name: str,
        products: Sequence[Product],
        encoder: Encoder,
        lexicon: Lexicon,
        cache: Path,
        queries: int,
    ) -> None:
        self.name = name
        self.maker = QueryMaker(products, lexicon)
        self.queries = self.maker.make(queries)
        self.size = len(products)
        self.departments = np.array(
            [product.category_path[0] if product.category_path else "" for product in products]
        )
        self._kinds: dict[str, set[str]] = {str(name): set() for name in set(self.departments)}
        for sort, rows in self.maker.rows_of.items():
            for department in set(self.departments[rows]):
                self._kinds[department].add(sort)
        self.matrix: Vectors = encoded([embedding_text(p) for p in products], encoder, cache)
        self.lexicon = lexicon
        self._encoder = encoder
        self.languages = {p.language for p in products} | {
            t for p in products for t in p.translations
        }
        self._index = LexicalIndex.build([lexical_document(product) for product in products])
        self._vectors: dict[str, Vectors] = {}

    def lexical(self, text: str, synonyms: bool = True) -> LexicalScores:
        lexicon = self.lexicon if synonyms else None
        return self._index.score(read_query(text, lexicon, self.languages))

    def cosines(self, text: str) -> Scores:
        if text not in self._vectors:
            self._vectors[text] = self._encoder.encode([text])[0]
        scores: Scores = self.matrix @ self._vectors[text]
        return scores

    def unrelated(self, query: ShopQuery) -> NDArray[np.int64]:
        """Products of the departments that share no kind of product with those of the answers."""
        asked = set(self.departments[sorted(query.relevant)])
        kinds = set().union(*(self._kinds[department] for department in asked))
        far = [d for d, found in self._kinds.items() if kinds.isdisjoint(found)]
        return np.flatnonzero(np.isin(self.departments, far))

    def sells(self, sorts: Iterable[str]) -> bool:
        return any(self.maker.rows_of.get(sort) for sort in sorts)


def fit_weights(shops: Sequence[ShopBench], start: Fusion) -> tuple[Fusion, dict[str, Any]]:
    """The weights, in steps of 0.1, of the highest nDCG@10; words alone and vectors alone beside.

    Each query is asked with and without the lexicon's synonyms: the words of an unseen shop are
    not all in it.
    """
    steps = [(a, b, 10 - a - b) for a, b in combinations(range(11), repeat=2) if a + b <= 10]
    weights = np.array(steps, dtype=np.float32) * np.float32(0.1)
    gained: dict[bool, dict[Cell, list[NDArray[np.float64]]]] = {
        True: defaultdict(list),
        False: defaultdict(list),
    }
    for shop in shops:
        for query in shop.queries:
            for synonyms in (True, False):
                cell = (shop.name, query.language, query.kind, str(synonyms))
                gained[query.is_for_fitting][cell].append(
                    _gains(shop, query.text, synonyms, query.relevant, weights)
                )
    fitted, held_out = (_mean_of_cells(gained[part]) for part in (True, False))
    best = int(fitted.argmax())
    chosen = dict(zip(("bm25", "coverage", "cosine"), (s / 10 for s in steps[best]), strict=True))
    shown = {"chosen": best, "shipped before": steps.index(_tenths(start))}
    shown |= {"bm25 alone": steps.index((10, 0, 0)), "cosine alone": steps.index((0, 0, 10))}
    report = {
        name: {
            "weights": [step / 10 for step in steps[number]],
            "ndcg_fitted": round(float(fitted[number]), 3),
            "ndcg_held_out": round(float(held_out[number]), 3),
        }
        for name, number in shown.items()
    }
    return replace(start, **chosen), report


def _tenths(fusion: Fusion) -> tuple[int, int, int]:
    parts = [fusion.bm25, fusion.coverage, fusion.cosine]
    bm25, coverage = (round(10 * part / sum(parts)) for part in parts[:2])
    return bm25, coverage, 10 - bm25 - coverage


def _gains(
    shop: ShopBench,
    text: str,
    synonyms: bool,
    relevant: frozenset[int],
    weights: NDArray[np.float32],
) -> NDArray[np.float64]:
    """nDCG@10 by row of ``weights``."""
    parts = fusion_parts(shop.lexical(text, synonyms), shop.cosines(text), np.arange(shop.size))
    rows = np.unique(np.concatenate([top_rows(part, _DEPTH) for part in parts]))
    best = np.argsort(-(weights @ parts[:, rows]), axis=1, kind="stable")[:, :10]
    found = np.isin(rows, list(relevant))[best]
    discount = 1 / np.log2(np.arange(2, 12))
    gains: NDArray[np.float64] = found @ discount[: found.shape[1]]
    gains /= discount[: len(relevant)].sum()
    return gains


def _mean_of_cells(cells: Mapping[Cell, Sequence[Any]]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.mean([np.mean(f, axis=0) for f in cells.values()], axis=0)
    return mean


@dataclass(frozen=True, slots=True)
class FloorCase:
    """One query with what is, or is not, to be found for it."""

    cell: Cell
    fitting: bool
    cosine: Scores
    coverage: Scores
    """Of the relevant products, or of every product where nothing is relevant."""
    sold: bool


def fit_floor(cases: Sequence[FloorCase]) -> tuple[float, float, dict[str, Any]]:
    """The floor and the weight of coverage in it.

    Weighed are what is refused rightly and, by ``ANSWERS``, the queries for which something
    relevant is kept and the share of the relevant products kept. Synonyms are left out: words that
    the lexicon knows become constraints before they come to the floor.
    """
    grid = [(float(f), float(c)) for f, c in combinations(_FLOORS, _COVERAGES)]
    judged: dict[bool, dict[Cell, list[NDArray[np.float64]]]] = {
        True: defaultdict(list),
        False: defaultdict(list),
    }
    for case in cases:
        judged[case.fitting][case.cell].append(_kept(case))
    goal = {part: _goal(cells) for part, cells in judged.items()}
    best = int(goal[True].argmax())
    report = {
        "fitted": round(float(goal[True][best]), 3),
        "held_out": round(float(goal[False][best]), 3),
        "held_out_cells": {
            " ".join(cell): {
                "answered" if cell[0] == "sold" else "let through": round(
                    float(np.mean(found, axis=0)[0, best]), 3
                ),
            }
            for cell, found in sorted(judged[False].items())
        },
    }
    floor, coverage = grid[best]
    return round(floor, 2), round(coverage, 2), report


def _kept(case: FloorCase) -> NDArray[np.float64]:
    """Whether anything is kept, and the share that is; shape (2, floors x coverages)."""
    scores = case.cosine[:, None] + case.coverage[:, None] * _COVERAGES
    kept = np.array([[(column >= f).mean() for column in scores.T] for f in _FLOORS]).ravel()
    return np.stack([kept > 0, kept])


def _goal(cells: Mapping[Cell, Sequence[NDArray[np.float64]]]) -> NDArray[np.float64]:
    def mean(kind: str) -> NDArray[np.float64]:
        return _mean_of_cells({cell: found for cell, found in cells.items() if cell[0] == kind})

    goal: NDArray[np.float64] = ANSWERS * mean("sold").mean(axis=0)
    goal += (1 - ANSWERS) * (1 - mean("not sold")[0])
    return goal


def floor_cases(
    shops: Sequence[ShopBench], requests: Sequence[str], lexicon: Lexicon
) -> Iterator[FloorCase]:
    """Cases of every shop: its own queries, those of other shops, and what people requested."""
    for shop in shops:
        for query in shop.queries:
            yield _case(shop, "own", query, sorted(query.relevant))
            if query.kind == "type" and len(rest := shop.unrelated(query)):
                yield _case(shop, "department", query, rest, sold=False)
        for other in shops:
            for query in other.queries if other is not shop else ():
                related = {query.sort, *lexicon.wider(query.sort), *lexicon.narrower(query.sort)}
                if query.kind == "type" and not shop.sells(related):
                    yield _case(shop, "other shop", query, range(shop.size), sold=False)
        for request in requests:
            sorts = list(sorts_in(request, lexicon))
            query = ShopQuery(request, "en", "type", "", "", frozenset())
            rows = sorted({row for sort in sorts for row in shop.maker.rows_of.get(sort, ())})
            if sorts:
                yield _case(shop, "request", query, rows or range(shop.size), sold=bool(rows))


def _case(
    shop: ShopBench, source: str, query: ShopQuery, rows: Any, sold: bool = True
) -> FloorCase:
    cell = ("sold" if sold else "not sold", shop.name, query.language, source)
    chosen = np.asarray(rows, dtype=np.int64)
    cosine = shop.cosines(query.text)[chosen]
    coverage = shop.lexical(query.text, synonyms=False).coverage[chosen]
    if not sold:  # only the product that comes nearest at each weight matters, so few are enough
        near = np.union1d(top_rows(cosine, 20), top_rows(cosine + 0.5 * coverage, 20))
        cosine, coverage = cosine[near], coverage[near]
    return FloorCase(cell, query.is_for_fitting, cosine, coverage, sold)


def fit_floor_with_topic(shops: Sequence[ShopBench], floor_coverage: float) -> float:
    """The floor that 97 % of the products pass which have the value asked for, their kind given."""
    lines = []
    for shop in shops:
        for query in shop.queries:
            if query.kind == "value" and query.is_for_fitting:
                rows = sorted(query.relevant)
                scores = (
                    shop.cosines(query.value) + floor_coverage * shop.lexical(query.value).coverage
                )
                lines.append(np.quantile(scores[rows], 1 - _KEPT_WITH_TOPIC))
    return round(float(np.quantile(lines, 1 - _KEPT_WITH_TOPIC)), 2)


def fit(
    shops: Sequence[ShopBench], requests: Sequence[str], lexicon: Lexicon
) -> tuple[Fusion, dict[str, Any]]:
    """All that ``fusion.yaml`` holds, and how good it is."""
    weighed, report = fit_weights(shops, Fusion.load())
    floor, coverage, floors = fit_floor(list(floor_cases(shops, requests, lexicon)))
    topic = min(floor, fit_floor_with_topic(shops, coverage))
    fusion = replace(weighed, floor=floor, floor_with_topic=topic, floor_coverage=coverage)
    return fusion, {"ndcg_at_10": report, "floor": floors}


def write(fusion: Fusion, path: Path) -> None:
    """Writes ``fusion`` as the package's own file."""
    head = (
        "# How word scores and vector scores join; see fusion.py. Written by\n"
        "# `shopkeeper eval fusion --write`; docs/benchmarks/search.md says on what data.\n"
        "#\n"
        "# A product answers a query when: cosine + floor_coverage * coverage >= floor\n\n"
    )
    fusion.write(path, head)
