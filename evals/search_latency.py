"""How fast filtered search is, beside Chroma's own ``where`` on the same vectors and filters.

Both answer the same questions: the nearest products to a query vector among those in stock, under a
price, in one category. The hybrid side also scores the words, fuses and applies the floor.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.chroma_index import close_client, embedded_client
from retrieval.index.columns_builder import ColumnsBuilder
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalDocument, LexicalIndex
from retrieval.index.tokenize import terms
from retrieval.search.fusion import Fusion
from retrieval.search.query import read_query

_CATEGORIES = 12
_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one call."""

    p50: float
    p95: float


def measure_latency(
    titles: Sequence[str], vectors: Vectors, queries: Sequence[str], encoder: Encoder
) -> dict[str, Any]:
    """Times every query once on either side, the query's vector known beforehand.

    Args:
        titles: of the catalogue; price, stock and category are drawn with a fixed seed.
        vectors: of the titles, shape ``(len(titles), d)``.

    Returns:
        ``{"products", "hybrid": Latency, "chroma_where": Latency, "ratio_p50"}``.
    """
    drawn = np.random.default_rng(0)
    prices = drawn.uniform(5, 500, len(titles))
    stocked = drawn.random(len(titles)) < 0.9
    categories = drawn.integers(_CATEGORIES, size=len(titles))
    wanted = [
        Constraints(query=query, price_max=float(high), category=f"Category {category}")
        for query, high, category in zip(
            queries,
            drawn.uniform(50, 500, len(queries)),
            drawn.integers(_CATEGORIES, size=len(queries)),
            strict=True,
        )
    ]
    asked = encoder.encode(list(queries))
    builder = ColumnsBuilder()
    for row, title in enumerate(titles):
        variant = Variant(sku=str(row), price=float(prices[row]), in_stock=bool(stocked[row]))
        path = [f"Category {categories[row]}"]
        builder.add(Product(id=str(row), title=title, category_path=path, variants=[variant]))
    columns = builder.build()
    lexical = LexicalIndex.build([LexicalDocument(terms(title), [], []) for title in titles])
    fusion = Fusion.load()

    def hybrid(number: int) -> None:
        constraints = wanted[number]
        mask = columns.mask(constraints)
        words = lexical.score(read_query(constraints.query, None, ()))
        rows = np.flatnonzero(mask.products)
        cosines = np.full(len(titles), -1.0, dtype=np.float32)
        cosines[rows] = vectors[rows] @ asked[number]
        fused = fusion.fuse(words, cosines, mask.products)
        relevant = np.flatnonzero(mask.products & fusion.relevant(words, cosines, True))
        top_rows(fused[relevant], _LIMIT)

    with tempfile.TemporaryDirectory() as folder:
        client = embedded_client(Path(folder))
        try:
            stored = client.create_collection(
                "latency", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
            step = client.get_max_batch_size()
            for start in range(0, len(titles), step):
                part = range(start, min(start + step, len(titles)))
                stored.upsert(
                    ids=[str(row) for row in part],
                    embeddings=vectors[part.start : part.stop],
                    metadatas=[
                        {
                            "price": float(prices[row]),
                            "in_stock": bool(stocked[row]),
                            "category": int(categories[row]),
                        }
                        for row in part
                    ],
                )

            def where(number: int) -> None:
                constraints = wanted[number]
                category = int((constraints.category or "").removeprefix("Category "))
                stored.query(
                    query_embeddings=[asked[number]],
                    n_results=_LIMIT,
                    include=["distances"],
                    where={
                        "$and": [
                            {"price": {"$lte": constraints.price_max}},
                            {"in_stock": True},
                            {"category": category},
                        ]
                    },
                )

            ours, theirs = _timed(hybrid, len(queries)), _timed(where, len(queries))
        finally:
            close_client(client)
    return {
        "products": len(titles),
        "hybrid": ours,
        "chroma_where": theirs,
        "ratio_p50": ours.p50 / theirs.p50,
    }


def _timed(call: Callable[[int], None], count: int) -> Latency:
    for number in range(min(5, count)):
        call(number)
    took = []
    for number in range(count):
        start = time.perf_counter()
        call(number)
        took.append((time.perf_counter() - start) * 1000)
    return Latency(*(float(value) for value in np.percentile(took, (50, 95))))
