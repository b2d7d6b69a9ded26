"""Chroma's own filtered search, ``where``, on the same products: what ours is measured beside.

Both are asked the same: the best products for a query among those that meet the filters. Chroma
scores vectors alone; ours also scores the words, fuses both, applies the floor and reads SQL.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Vectors
from retrieval.index.chroma_index import close_client, embedded_client


def where(wanted: Constraints) -> dict[str, Any]:
    """The filters of a generated shop's query in Chroma's language."""
    found: list[dict[str, Any]] = [{"in_stock": True}]
    if wanted.category is not None:
        found.append({wanted.category.split()[0].lower(): wanted.category})
    if wanted.price_min is not None:
        found.append({"price": {"$gte": wanted.price_min}})
    if wanted.price_max is not None:
        found.append({"price": {"$lte": wanted.price_max}})
    if wanted.rating_min is not None:
        found.append({"rating": {"$gte": wanted.rating_min}})
    found += [{name: {"$in": values}} for name, values in wanted.attributes.items()]
    return {"$and": found} if len(found) > 1 else found[0]


def metadata(product: Product) -> dict[str, Any]:
    """What ``where`` asks of a generated shop's product."""
    return {
        "department": product.category_path[0],
        "group": product.category_path[1],
        "price": product.price,
        "in_stock": product.in_stock,
        "rating": product.rating or 0.0,
        "brand": product.brand or "",
        "color": product.attributes["color"][0],
    }


def time_chroma(
    products: Sequence[Product],
    vectors: Vectors,
    wanted: Sequence[Constraints],
    asked: Sequence[Vectors],
    limit: int,
) -> list[float]:
    """Seconds of each query in a Chroma collection that is made for it.

    Args:
        vectors: of the products, shape (products, d).
        asked: the vector of each query of ``wanted``.
    """
    with tempfile.TemporaryDirectory() as folder:
        client = embedded_client(Path(folder))
        try:
            stored = client.create_collection(
                "products", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
            step = int(client.get_max_batch_size())
            for start in range(0, len(products), step):
                some = products[start : start + step]
                stored.upsert(
                    ids=[product.id for product in some],
                    embeddings=vectors[start : start + step],
                    metadatas=[metadata(product) for product in some],
                )
            took = []
            for constraints, vector in zip(wanted, asked, strict=True):
                begun = time.perf_counter()
                stored.query(
                    query_embeddings=[vector],
                    n_results=limit,
                    include=["distances"],
                    where=where(constraints),
                )
                took.append(time.perf_counter() - begun)
            return took[5:]  # the first ones open the index
        finally:
            close_client(client)
