"""Evidence for a recommendation: what joins a product to another that the customer knows."""

from typing import Any

from retrieval.candidate import Candidate, Evidence
from retrieval.catalog.product import Product
from retrieval.recommend.neighbours import Neighbours

VALUES_TOLD = 3
_DENIALS = ("no", "false", "none", "n/a")
"""Two things are not alike for both lacking something."""
_UNTOLD = ("size",)
"""Attributes that say who wears a thing and not what it is like."""


def viewed(other: Product) -> Evidence:
    """That the customer looked at another product."""
    return Evidence("history", "history_viewed", _other(other))


def alike(candidate: Candidate, other: Product) -> Evidence | None:
    """What a product has in common with another; ``None`` where that is nothing."""
    shared = shared_values(candidate.product, other)
    if not shared:
        return None
    return Evidence("match", "alike", {**_other(other), "shared": shared[:VALUES_TOLD]})


def looked_with(candidate: Candidate, other: Product, learnt: Neighbours) -> Evidence | None:
    """How many customers looked at both."""
    return _joined("looked_with", candidate, other, learnt.looked_with)


def bought_with(candidate: Candidate, other: Product, learnt: Neighbours) -> Evidence | None:
    """How many customers bought both, on one day or at all."""
    return _joined("bought_with", candidate, other, learnt.bought_with) or _joined(
        "bought_both", candidate, other, learnt.bought_both
    )


def kind_bought(candidate: Candidate, other: Product, learnt: Neighbours) -> Evidence | None:
    """How many customers of the other's category bought of the candidate's too."""
    own, leaf = tuple(candidate.product.category_path), tuple(other.category_path)
    found = next((k for k in learnt.kinds.get(leaf, ()) if k.leaf == own), None)
    if found is None:
        return None
    values: dict[str, Any] = {"n": found.customers, "category": own[-1], "other_category": leaf[-1]}
    translated = {
        language: text.category_path[-1]
        for language, text in other.translations.items()
        if text.category_path
    }
    return Evidence("popular", "kind_bought", {**values, "other_category_in": translated})


def same_brand(candidate: Candidate, other: Product) -> Evidence | None:
    """That both are of one brand."""
    brand = candidate.product.brand
    if not brand or brand.casefold() != (other.brand or "").casefold():
        return None
    return Evidence("attribute", "same_brand", {**_other(other), "brand": brand})


def shared_values(one: Product, other: Product) -> list[dict[str, str]]:
    """Category, brand and attribute values that two products have in common, as the first spells
    them."""
    shared: list[dict[str, str]] = []
    if one.category_path and one.category_path == other.category_path:
        shared.append({"name": "category", "value": one.category_path[-1]})
    if one.brand and one.brand.casefold() == (other.brand or "").casefold():
        shared.append({"name": "brand", "value": one.brand})
    held = other.all_attributes()
    for name, values in one.all_attributes().items():
        if name == "brand" or name in _UNTOLD:
            continue
        known = {value.casefold() for value in held.get(name, ())}
        shared += [
            {"name": name, "value": v}
            for v in values
            if v.casefold() in known and v.casefold() not in _DENIALS
        ][:1]
    return shared


def _joined(
    key: str, candidate: Candidate, other: Product, table: dict[str, Any]
) -> Evidence | None:
    found = next((n for n in table.get(other.id, ()) if n.product_id == candidate.id), None)
    if found is None:
        return None
    return Evidence("popular", key, {"n": found.customers, **_other(other)})


def _other(other: Product) -> dict[str, Any]:
    """Another product by its id and its titles."""
    translated = {language: text.title for language, text in other.translations.items()}
    return {"other": other.title, "other_id": other.id, "other_in": translated}
