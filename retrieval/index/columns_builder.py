"""Collects the filter columns product by product."""

from collections import defaultdict

import numpy as np

from retrieval.catalog.product import Product
from retrieval.index.columns import Columns, Path_, category_key, variant_attributes
from retrieval.index.names import Names
from retrieval.index.postings import Postings
from retrieval.index.tokenize import title_terms
from retrieval.index.values import folded


class ColumnsBuilder:
    """Collects products one by one, in the order of their rows."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._first: list[int] = []
        self._ratings: list[float] = []
        self._reviews: list[int] = []
        self._created: list[float] = []
        self._alive: list[bool] = []
        self._skus: list[str] = []
        self._owners: list[int] = []
        self._prices: list[float] = []
        self._stocked: list[bool] = []
        self._attributes: defaultdict[str, list[int]] = defaultdict(list)
        self._categories: defaultdict[str, list[int]] = defaultdict(list)
        self._titles: defaultdict[str, list[int]] = defaultdict(list)
        self._nodes: defaultdict[str, dict[Path_, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, product: Product) -> None:
        row = len(self._ids)
        self._ids.append(product.id)
        self._first.append(len(self._skus))
        for variant, keys in zip(product.variants, variant_attributes(product), strict=True):
            for key in keys:
                self._attributes[key].append(len(self._skus))
            self._skus.append(variant.sku)
            self._owners.append(row)
            self._prices.append(variant.price)
            self._stocked.append(variant.in_stock)
        self._ratings.append(np.nan if product.rating is None else product.rating)
        self._reviews.append(product.review_count)
        created = product.created_at
        self._created.append(np.nan if created is None else created.timestamp())
        self._alive.append(True)
        self._add_categories(row, product)
        texts = (product.title, *(text.title for text in product.translations.values()))
        for term in set().union(*(title_terms(text) for text in texts)):
            self._titles[term].append(row)

    def bury(self, row: int) -> None:
        """Says that a product is gone, or stands in a later row by now."""
        self._alive[row] = False

    def _add_categories(self, row: int, product: Product) -> None:
        path = tuple(product.category_path)
        for depth in range(1, len(path) + 1):
            self._categories[category_key(path[:depth])].append(row)
            self._nodes[folded(path[depth - 1])][path[:depth]] = None
            for text in product.translations.values():
                if len(text.category_path) == len(path):
                    self._nodes[folded(text.category_path[depth - 1])][path[:depth]] = None

    def build(self) -> Columns:
        """The columns of what has been added so far; more may be added afterwards."""
        ids = Names.of(self._ids)
        return Columns(
            ids=ids,
            skus=Names.of(self._skus),
            product=np.array(self._owners, dtype=np.int32),
            first=np.array(self._first, dtype=np.int64),
            price=np.array(self._prices, dtype=np.float64),
            in_stock=np.array(self._stocked, dtype=np.bool_),
            rating=np.array(self._ratings, dtype=np.float32),
            reviews=np.array(self._reviews, dtype=np.int32),
            created=np.array(self._created, dtype=np.float64),
            alive=np.array(self._alive, dtype=np.bool_),
            attributes=Postings.of(self._attributes),
            categories=Postings.of(self._categories),
            titles=Postings.of(self._titles),
            nodes={name: list(paths) for name, paths in self._nodes.items()},
            rows=ids.row,
        )
