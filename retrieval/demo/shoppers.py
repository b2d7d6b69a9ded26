"""Customers of the demo store and what they secretly prefer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from retrieval.demo.blueprint import DATA, Record, blueprint, read_yaml
from retrieval.demo.dice import array_dice, dice
from retrieval.demo.truth import Floats
from retrieval.store.customer import Customer

CUSTOMERS = 3200


class Shoppers(Record):
    """Names and search wordings, ``data/customers.yaml``."""

    first: dict[str, list[str]]
    last: dict[str, list[str]]
    cities: dict[str, list[str]]
    carriers: list[str]
    queries: dict[str, dict[str, list[str]]]


@cache
def shoppers() -> Shoppers:
    return Shoppers.model_validate(read_yaml(DATA / "customers.yaml"))


def make_customers(seed: int, scale: float) -> list[Customer]:
    """Customers ``C0001`` and on: about 60 % write English, 40 % Chinese."""
    names = shoppers()
    customers = []
    for number in range(1, max(20, round(CUSTOMERS * scale)) + 1):
        rng = dice(seed, "customer", number)
        locale = "en" if rng.random() < 0.6 else "zh"
        first, last = rng.choice(names.first[locale]), rng.choice(names.last[locale])
        customers.append(
            Customer(
                id=f"C{number:04d}",
                name=f"{first} {last}" if locale == "en" else f"{last}{first}",
                locale="en" if locale == "en" else "zh",
                attributes={
                    "city": rng.choice(names.cities[locale]),
                    "email": f"c{number:04d}@example.com",
                },
            )
        )
    return customers


@dataclass(slots=True)
class Preferences:
    """One row per customer; the terms of the utility in docs/demo-store.md."""

    department: Floats
    """(customers, departments): share of interest, rows sum to 1."""
    brand: Floats
    color: Floats
    aspect: Floats
    """(customers, aspects): how much each aspect's quality counts, non-negative."""
    price_level: Floats
    """(customers,): where in a type's price range they like to buy, 0 cheapest to 1 dearest."""
    price_sensitivity: Floats
    """(customers,): loss of utility per unit of distance from ``price_level``."""


def make_preferences(
    customers: int, brands: int, colors: int, aspects: Sequence[str], seed: int
) -> Preferences:
    """Draw what customers prefer, once for all of them."""
    rng = array_dice(seed, "preferences")
    departments = blueprint().departments
    interest = rng.normal(0, 1.5, (customers, len(departments)))
    ids = [department.id for department in departments]
    # Nearly everyone buys either women's or men's clothes for themselves.
    wears_women = rng.random(customers) < 0.52
    interest[wears_women, ids.index("men")] -= 2.5
    interest[~wears_women, ids.index("women")] -= 2.5
    share = np.exp(interest)
    weight = rng.gamma(0.6, 1.0, (customers, len(aspects)))
    return Preferences(
        department=(share / share.sum(1, keepdims=True)).astype(np.float32),
        brand=rng.normal(0, 0.75, (customers, brands)).astype(np.float32),
        color=rng.normal(0, 0.6, (customers, colors)).astype(np.float32),
        aspect=(weight / weight.mean(1, keepdims=True)).astype(np.float32),
        price_level=np.clip(rng.normal(0.42, 0.24, customers), 0, 1).astype(np.float32),
        price_sensitivity=rng.gamma(3.0, 0.9, customers).astype(np.float32),
    )
