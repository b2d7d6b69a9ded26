"""The filter columns: what hard constraints are checked against, one row per variant.

Values are compared by what they mean (``retrieval.index.values``). A value that a product names for
itself counts for each of its variants, unless one of the variants names that value as its own: then
it is that variant's alone ("black, white" on the product, "black" on one variant).
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.index.names import JoinedNames, Names, mapped
from retrieval.index.postings import Postings
from retrieval.index.tokenize import needed_terms
from retrieval.index.values import SEPARATOR, asked_key, folded, held_keys
from retrieval.store.catalog_store import Standing

Path_ = tuple[str, ...]
Nodes = Mapping[str, Collection[Path_]]
"""Category labels, as they stand in the constraints, to the category paths that they mean."""

_ARRAYS = ("product", "first", "price", "in_stock", "rating", "reviews", "created", "alive")
_POSTINGS = ("attributes", "categories", "titles")
_RATING_WEIGHT = 10.0  # so many reviews of the catalogue's mean are added to a product's own
_FEW = 0.1  # where a filter leaves less than this share, the rest is checked row by row


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
    variants: NDArray[np.bool_]
    """Shape (variants,)."""


@dataclass(frozen=True)
class Columns:
    """Immutable arrays over all products and variants; a refresh makes a new object."""

    ids: Sequence[str]
    skus: Sequence[str]
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
    """False for a product that was removed, or replaced by a later row, after the build."""
    attributes: Postings
    categories: Postings
    titles: Postings
    nodes: Mapping[str, list[Path_]]
    """Folded category name, in any of the catalogue's languages, to the paths that end in it."""
    rows: Callable[[str], int | None]
    """The row of a product id, or ``None`` where the index does not hold it."""

    def row(self, product_id: str) -> int | None:
        """The row of a product, or ``None`` where the index does not hold it."""
        return self.rows(product_id)

    def variants(self, row: int) -> range:
        """The variant rows of a product row."""
        end = self.first[row + 1] if row + 1 < len(self.first) else len(self.skus)
        return range(int(self.first[row]), int(end))

    def named(self, label: str) -> list[Path_]:
        """The category paths whose last node is called ``label`` in any language."""
        return self.nodes.get(folded(label), [])

    @cached_property
    def shrunk_rating(self) -> NDArray[np.float64]:
        """Mean rating, drawn to the catalogue's mean where few reviews stand behind it."""
        rated = np.isfinite(self.rating)
        mean = float(self.rating[rated].mean()) if rated.any() else 0.0
        rating = np.where(rated, self.rating, mean)
        return (rating * self.reviews + mean * _RATING_WEIGHT) / (self.reviews + _RATING_WEIGHT)

    @cached_property
    def prior(self) -> NDArray[np.float32]:
        """How good a bet each product is when nothing is known of the wish, in [0, 1]."""
        reviews = np.log1p(self.reviews)
        popular = reviews / max(float(reviews.max(initial=0.0)), 1e-6)
        return (0.5 * popular + 0.1 * self.shrunk_rating).astype(np.float32)

    @cached_property
    def _owner(self) -> NDArray[np.intp]:
        """``product`` in the type that NumPy looks up with, without a copy each time."""
        return self.product.astype(np.intp)

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """The row behind the last variant of each product."""
        return np.append(self.first[1:], len(self.skus))

    @cached_property
    def _further(self) -> NDArray[np.intp]:
        """The variant rows that are not the first of their product."""
        return np.flatnonzero(self.product[1:] == self.product[:-1]) + 1

    def mask(self, constraints: Constraints, nodes: Nodes | None = None) -> Mask:
        """The products with a variant that meets every hard constraint at once.

        ``nodes`` says what category labels mean; a label that it lacks is looked up by its name.
        """
        passing = self._product_mask(constraints, nodes or {})
        if np.count_nonzero(passing) < _FEW * len(passing):
            return self._mask_of(np.flatnonzero(passing), constraints)
        variants = self._variant_mask(constraints, slice(None))
        if len(self.ids) == len(self.skus):  # one variant each
            variants &= passing
            return Mask(variants, variants)
        variants &= passing.take(self._owner)
        # The first variants at once, then the few products that only another one lets pass: a
        # third of the time of going by all variants.
        products = variants.take(self.first)
        products[self._owner[self._further[variants[self._further]]]] = True
        return Mask(products, variants)

    def _mask_of(self, rows: NDArray[np.int64], constraints: Constraints) -> Mask:
        """The mask of which nothing but some variants of some product ``rows`` passes."""
        owner, found = self._variants_of(rows)
        fits = self._variant_mask(constraints, found)
        products = np.zeros(len(self.ids), dtype=np.bool_)
        products[rows[owner[fits]]] = True
        variants = np.zeros(len(self.skus), dtype=np.bool_)
        variants[found[fits]] = True
        return Mask(products, variants)

    def best(self, mask: Mask, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The variant to show of each product row: in stock before not, then the cheapest.

        Shape (rows,); -1 where no variant passes.
        """
        owner, variants = self._variants_of(rows)
        fits = mask.variants[variants]
        owner, variants = owner[fits], variants[fits]
        order = np.lexsort((self.price[variants], ~self.in_stock[variants], owner))
        best = np.full(len(rows), -1, dtype=np.int64)
        owners, places = np.unique(owner[order], return_index=True)
        best[owners] = variants[order[places]]
        return best

    def _variants_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All variant rows of some product rows, and of which position in ``rows`` each is."""
        first = self.first[rows]
        counts = self._ends[rows] - first
        owner = np.repeat(np.arange(len(rows)), counts)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        return owner, first[owner] + within

    def _variant_mask(
        self, wanted: Constraints, rows: NDArray[np.int64] | slice
    ) -> NDArray[np.bool_]:
        """Which of the variant ``rows`` meet what is asked of variants."""
        price = self.price[rows]
        fits = np.ones(len(price), dtype=np.bool_)
        if wanted.in_stock_only:
            fits &= self.in_stock[rows]
        if wanted.price_min is not None:
            fits &= price >= wanted.price_min
        if wanted.price_max is not None:
            fits &= price <= wanted.price_max
        for name, values in wanted.attributes.items():
            if values:
                fits &= self._having(asked_key(name, value) for value in values)[rows]
        for name, values in wanted.exclude.items():
            if name not in ("category", "text") and values:
                fits &= ~self._having(asked_key(name, value) for value in values)[rows]
        return fits

    def _product_mask(self, wanted: Constraints, nodes: Nodes) -> NDArray[np.bool_]:
        fits = self.alive.copy()
        if wanted.category is not None:
            held = np.zeros_like(fits)
            for key in self._category_keys(wanted.category, nodes):
                held[self.categories.rows(key)] = True
            fits &= held
        if wanted.rating_min is not None:
            fits &= self.rating >= wanted.rating_min  # NaN compares false: unrated does not pass
        for label in wanted.exclude.get("category", ()):
            for key in self._category_keys(label, nodes):
                fits[self.categories.rows(key)] = False
        for text in wanted.exclude.get("text", ()):
            fits[self.titled(text)] = False
        return fits

    def _category_keys(self, label: str, nodes: Nodes) -> Iterable[str]:
        return (category_key(path) for path in nodes.get(label) or self.named(label))

    def titled(self, text: str) -> NDArray[np.int32]:
        """Rows of the products whose title, in any language, has every word of ``text``."""
        found: NDArray[np.int32] | None = None
        for term in needed_terms(text):
            rows = self.titles.rows(term)
            found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
        return np.zeros(0, dtype=np.int32) if found is None else found

    def _having(self, keys: Iterable[str]) -> NDArray[np.bool_]:
        """Which variants have one of some attribute values; shape (variants,)."""
        having = np.zeros(len(self.skus), dtype=np.bool_)
        for key in keys:
            having[self.attributes.rows(key)] = True
        return having

    def refreshed(self, changed: Iterable[Standing], removed: Iterable[str]) -> "Columns":
        """These columns with the present prices, stock and ratings of ``changed`` products.

        A variant that the index does not know is left to ``joined``, and so is a new product; one
        that is gone counts as out of stock at no price.
        """
        price, in_stock = self.price.copy(), self.in_stock.copy()
        rating, reviews, alive = self.rating.copy(), self.reviews.copy(), self.alive.copy()
        for product in changed:
            row = self.row(product.id)
            if row is None:
                continue
            for variant_row in self.variants(row):
                now = product.variants.get(self.skus[variant_row], (np.nan, False))
                price[variant_row], in_stock[variant_row] = now
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

    def joined(self, tail: "Columns") -> "Columns":
        """These columns with the products of ``tail`` behind them.

        A product that is in both is found in the tail; the caller has seen to it that its row here
        is no longer alive.
        """
        products, variants = len(self.ids), len(self.skus)

        def rows(product_id: str) -> int | None:
            row = tail.row(product_id)
            return self.row(product_id) if row is None else products + row

        added = {name: getattr(tail, name) for name in _ARRAYS}
        added["product"] = added["product"] + np.int32(products)
        added["first"] = added["first"] + variants
        arrays: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), behind]) for name, behind in added.items()
        }
        return Columns(
            ids=JoinedNames(self.ids, tail.ids),
            skus=JoinedNames(self.skus, tail.skus),
            attributes=self.attributes.joined(tail.attributes, variants),
            categories=self.categories.joined(tail.categories, products),
            titles=self.titles.joined(tail.titles, products),
            nodes={
                name: list(dict.fromkeys([*self.nodes.get(name, []), *tail.nodes.get(name, [])]))
                for name in (*self.nodes, *tail.nodes)
            },
            rows=rows,
            **arrays,
        )

    def save(self, folder: Path) -> None:
        """Writes the columns into ``folder``, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))
        for name in _POSTINGS:
            getattr(self, name).save(folder, name)
        for name in ("ids", "skus"):
            Names.of(getattr(self, name)).save(folder, name)
        text = json.dumps(dict(self.nodes), ensure_ascii=False)
        (folder / "nodes.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Columns":
        """Opens saved columns; most of them stay on disk until they are read."""
        arrays: dict[str, Any] = {name: mapped(folder / f"{name}.npy") for name in _ARRAYS}
        postings: dict[str, Any] = {name: Postings.load(folder, name) for name in _POSTINGS}
        nodes = json.loads((folder / "nodes.json").read_text(encoding="utf-8"))
        ids = Names.load(folder, "ids")
        return cls(
            ids=ids,
            skus=Names.load(folder, "skus"),
            nodes={name: [tuple(path) for path in paths] for name, paths in nodes.items()},
            rows=ids.row,
            **arrays,
            **postings,
        )
