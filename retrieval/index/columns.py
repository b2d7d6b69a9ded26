"""The filter columns: what hard constraints are checked against, one row per variant.

Values are compared by what they mean (``retrieval.index.values``). A value that a product names for
itself counts for each of its variants, unless one of the variants names that value as its own: then
it is that variant's alone ("black, white" on the product, "black" on one variant).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.product import Product, Variant
from retrieval.constraints import Constraints
from retrieval.index.postings import Postings
from retrieval.index.tokenize import needed_terms, title_terms
from retrieval.index.values import SEPARATOR, asked_key, folded, held_keys

Path_ = tuple[str, ...]
Nodes = Mapping[str, Collection[Path_]]
"""Category labels, as they stand in the constraints, to the category paths that they mean."""

_NEVER = np.int32(2**31 - 1)
_ARRAYS = ("product", "first", "price", "in_stock", "rating", "reviews", "created", "alive")


def category_key(path: Iterable[str]) -> str:
    return SEPARATOR.join(folded(node) for node in path)


def variant_attributes(product: Product) -> list[set[str]]:
    """The keys of the attribute values that each variant of ``product`` has, brand included."""
    own = [_keys(variant.attributes.items()) for variant in product.variants]
    told = set().union(*own)
    brands = (product.brand, *(text.brand for text in product.translations.values()))
    values = [(name, value) for name, found in product.attributes.items() for value in found]
    values += [("brand", brand) for brand in brands if brand]
    shared = _keys(value for value in values if asked_key(*value) not in told)
    return [keys | shared for keys in own]


def _keys(values: Iterable[tuple[str, str]]) -> set[str]:
    return {key for value in values for key in held_keys(*value)}


@dataclass(frozen=True)
class Mask:
    """What passes the hard constraints."""

    products: NDArray[np.bool_]
    """Shape (products,)."""
    best: NDArray[np.int32]
    """Shape (products,): the row of the variant to show, in stock before not, then the cheapest."""


@dataclass(frozen=True)
class Columns:
    """Immutable arrays over all products and variants; a refresh makes a new object."""

    ids: list[str]
    skus: list[str]
    product: NDArray[np.int32]
    """Product row of each variant row, ascending."""
    first: NDArray[np.int64]
    """First variant row of each product."""
    price: NDArray[np.float64]
    in_stock: NDArray[np.bool_]
    rating: NDArray[np.float32]
    """NaN where there is none."""
    reviews: NDArray[np.int32]
    created: NDArray[np.float64]
    """Seconds since 1970; NaN where unknown."""
    alive: NDArray[np.bool_]
    """False for a product that was removed after the build."""
    attributes: Postings
    categories: Postings
    titles: Postings
    nodes: dict[str, list[Path_]]
    """Folded category name, in any of the catalogue's languages, to the paths that end in it."""

    def __post_init__(self) -> None:
        rows = {identifier: row for row, identifier in enumerate(self.ids)}
        order = np.empty(len(self.skus), dtype=np.int32)
        order[np.lexsort((self.price, ~self.in_stock))] = np.arange(len(self.skus), dtype=np.int32)
        by_order = np.argsort(order).astype(np.int32)
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_order", order)
        object.__setattr__(self, "_by_order", by_order)

    def row(self, product_id: str) -> int | None:
        """The row of a product, or ``None`` where the index does not hold it."""
        return self._rows.get(product_id)  # type: ignore[attr-defined, no-any-return]

    def variants(self, row: int) -> range:
        """The variant rows of a product row."""
        end = self.first[row + 1] if row + 1 < len(self.first) else len(self.skus)
        return range(int(self.first[row]), int(end))

    def named(self, label: str) -> list[Path_]:
        """The category paths whose last node is called ``label`` in any language."""
        return self.nodes.get(folded(label), [])

    def mask(self, constraints: Constraints, nodes: Nodes | None = None) -> Mask:
        """The products with a variant that meets every hard constraint at once.

        ``nodes`` says what category labels mean; a label that it lacks is looked up by its name.
        """
        fits = self.fitting(constraints, nodes)
        if not len(self.ids):
            return Mask(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int32))
        order: NDArray[np.int32] = self._order  # type: ignore[attr-defined]
        best = np.minimum.reduceat(np.where(fits, order, _NEVER), self.first)
        passing = best != _NEVER
        rows = np.full(len(self.ids), -1, dtype=np.int32)
        rows[passing] = self._by_order[best[passing]]  # type: ignore[attr-defined]
        return Mask(passing, rows)

    def fitting(self, constraints: Constraints, nodes: Nodes | None = None) -> NDArray[np.bool_]:
        """The variants that meet every hard constraint; shape (variants,)."""
        products = self._product_mask(constraints, nodes or {})
        return self._variant_mask(constraints) & products[self.product]

    def _variant_mask(self, wanted: Constraints) -> NDArray[np.bool_]:
        fits = np.ones(len(self.skus), dtype=np.bool_)
        if wanted.in_stock_only:
            fits &= self.in_stock
        if wanted.price_min is not None:
            fits &= self.price >= wanted.price_min
        if wanted.price_max is not None:
            fits &= self.price <= wanted.price_max
        for name, values in wanted.attributes.items():
            if values:
                fits &= self._having(self.attributes, (asked_key(name, v) for v in values), fits)
        for name, values in wanted.exclude.items():
            if name not in ("category", "text"):
                for value in values:
                    fits[self.attributes.rows(asked_key(name, value))] = False
        return fits

    def _product_mask(self, wanted: Constraints, nodes: Nodes) -> NDArray[np.bool_]:
        fits = self.alive.copy()
        if wanted.category is not None:
            fits &= self._having(self.categories, self._category_keys(wanted.category, nodes), fits)
        if wanted.rating_min is not None:
            fits &= self.rating >= wanted.rating_min  # NaN compares false: unrated does not pass
        for label in wanted.exclude.get("category", ()):
            for key in self._category_keys(label, nodes):
                fits[self.categories.rows(key)] = False
        for text in wanted.exclude.get("text", ()):
            fits[self._titled(text)] = False
        return fits

    def _category_keys(self, label: str, nodes: Nodes) -> Iterable[str]:
        return (category_key(path) for path in nodes.get(label) or self.named(label))

    def _titled(self, text: str) -> NDArray[np.int32]:
        """Rows of the products whose title, in any language, has every word of ``text``."""
        found: NDArray[np.int32] | None = None
        for term in needed_terms(text):
            rows = self.titles.rows(term)
            found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
        return np.zeros(0, dtype=np.int32) if found is None else found

    @staticmethod
    def _having(
        postings: Postings, keys: Iterable[str], like: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        having = np.zeros_like(like)
        for key in keys:
            having[postings.rows(key)] = True
        return having

    def refreshed(self, changed: Iterable[Product], removed: Iterable[str]) -> "Columns":
        """These columns with the present prices, stock and ratings of ``changed`` products.

        A variant that the index does not know is left to the next build, and so is a new product;
        one that is gone counts as out of stock at no price.
        """
        price, in_stock = self.price.copy(), self.in_stock.copy()
        rating, reviews, alive = self.rating.copy(), self.reviews.copy(), self.alive.copy()
        for product in changed:
            row = self.row(product.id)
            if row is None:
                continue
            now = {variant.sku: variant for variant in product.variants}
            for variant_row in self.variants(row):
                variant = now.get(self.skus[variant_row])
                price[variant_row] = variant.price if variant else np.nan
                in_stock[variant_row] = variant is not None and variant.in_stock
            rating[row] = np.nan if product.rating is None else product.rating
            reviews[row] = product.review_count
            alive[row] = True
        for identifier in removed:
            row = self.row(identifier)
            if row is not None:
                alive[row] = False
        return replace(
            self, price=price, in_stock=in_stock, rating=rating, reviews=reviews, alive=alive
        )

    def save(self, folder: Path) -> None:
        """Writes the columns into ``folder``, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))
        for name in ("attributes", "categories", "titles"):
            getattr(self, name).save(folder, name)
        names = {"ids": self.ids, "skus": self.skus, "nodes": self.nodes}
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Columns":
        arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy") for name in _ARRAYS}
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        nodes = {name: [tuple(path) for path in paths] for name, paths in names["nodes"].items()}
        postings: dict[str, Any] = {
            n: Postings.load(folder, n) for n in ("attributes", "categories", "titles")
        }
        return cls(ids=names["ids"], skus=names["skus"], nodes=nodes, **arrays, **postings)


class ColumnsBuilder:
    """Collects products one by one, in the order of their rows."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._variants: list[tuple[int, Variant]] = []
        self._first: list[int] = []
        self._ratings: list[float] = []
        self._reviews: list[int] = []
        self._created: list[float] = []
        self._attributes: defaultdict[str, list[int]] = defaultdict(list)
        self._categories: defaultdict[str, list[int]] = defaultdict(list)
        self._titles: defaultdict[str, list[int]] = defaultdict(list)
        self._nodes: defaultdict[str, dict[Path_, None]] = defaultdict(dict)

    def add(self, product: Product) -> None:
        row = len(self._ids)
        self._ids.append(product.id)
        self._first.append(len(self._variants))
        for variant, keys in zip(product.variants, variant_attributes(product), strict=True):
            for key in keys:
                self._attributes[key].append(len(self._variants))
            self._variants.append((row, variant))
        self._ratings.append(np.nan if product.rating is None else product.rating)
        self._reviews.append(product.review_count)
        created = product.created_at
        self._created.append(np.nan if created is None else created.timestamp())
        self._add_categories(row, product)
        texts = (product.title, *(text.title for text in product.translations.values()))
        for term in set().union(*(title_terms(text) for text in texts)):
            self._titles[term].append(row)

    def _add_categories(self, row: int, product: Product) -> None:
        path = tuple(product.category_path)
        for depth in range(1, len(path) + 1):
            self._categories[category_key(path[:depth])].append(row)
            self._nodes[folded(path[depth - 1])][path[:depth]] = None
            for text in product.translations.values():
                if len(text.category_path) == len(path):
                    self._nodes[folded(text.category_path[depth - 1])][path[:depth]] = None

    def build(self) -> Columns:
        return Columns(
            ids=self._ids,
            skus=[variant.sku for _, variant in self._variants],
            product=np.array([row for row, _ in self._variants], dtype=np.int32),
            first=np.array(self._first, dtype=np.int64),
            price=np.array([variant.price for _, variant in self._variants], dtype=np.float64),
            in_stock=np.array([variant.in_stock for _, variant in self._variants], dtype=np.bool_),
            rating=np.array(self._ratings, dtype=np.float32),
            reviews=np.array(self._reviews, dtype=np.int32),
            created=np.array(self._created, dtype=np.float64),
            alive=np.ones(len(self._ids), dtype=np.bool_),
            attributes=Postings.of(self._attributes),
            categories=Postings.of(self._categories),
            titles=Postings.of(self._titles),
            nodes={name: list(paths) for name, paths in self._nodes.items()},
        )
