"""Where the distance between a ranking and the oracle comes from, on the demo store.

    python -m evals.ranking_gap --customers 3200 --lists 4

First the oracle with parts of its own truth hidden, each replaced by its mean: what that part is
worth. Then an ideal learner: it knows the equation, every truth about products, the query and the
place, and has to learn from clicks only what single customers prefer (maximum a posteriori under
the true priors). No server can know more, so what it reaches on the later days is a ceiling for a
history of this length.
"""

import argparse
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from finetune.ranking.metrics import auc
from retrieval.demo.behaviour import Shelf, live_a_month, make_shelf
from retrieval.demo.generator import REFERENCE_NOW
from retrieval.demo.products import make_products
from retrieval.demo.shoppers import Preferences, make_customers, make_preferences
from retrieval.demo.truth import hidden_quality, quality_matrix

Array = NDArray[np.float64]
SEED = 7
HELD_OUT = 0.2
_TASTES = ("interest", "brand", "color", "price", "taste in quality")
_PLACE_DECLINE = -0.55


@dataclass(frozen=True, slots=True)
class World:
    """Impressions with all that made them."""

    shelf: Shelf
    taste: Preferences
    customer: NDArray[np.int64]
    product: NDArray[np.int64]
    terms: dict[str, Array]
    """The parts of the utility, each (n,)."""
    looked_at: Array
    """Chance that the place is looked at."""
    clicked: Array
    later: NDArray[np.bool_]

    def reached(self, utility: Array) -> float:
        """Click AUC on the later days, as a share of the oracle's."""
        return self._auc(utility) / self._auc(self.utility)

    @property
    def utility(self) -> Array:
        return np.asarray(np.sum(list(self.terms.values()), axis=0), dtype=np.float64)

    def _auc(self, utility: Array) -> float:
        chance = self.looked_at / (1 + np.exp(-utility))
        return auc(self.clicked[self.later], chance[self.later])


def make_world(customers: int, lists_each: float, scale: float = 1.0) -> World:
    """The demo store's products with as much shopping as asked for."""
    made = make_products(SEED, scale, REFERENCE_NOW)
    quality = {item.product.id: hidden_quality(item, SEED) for item in made}
    aspects = sorted({aspect for known in quality.values() for aspect in known})
    shelf = make_shelf(made, quality_matrix(quality, list(quality), aspects), SEED)
    people = make_customers(SEED, scale)[:customers]
    taste = make_preferences(len(people), len(shelf.brands), len(shelf.color_names), aspects, SEED)
    events, truth = live_a_month(made, shelf, people, taste, SEED, REFERENCE_NOW, lists_each)
    rows = truth["impression_event"].astype(np.int64)
    who, what = events.customer[rows], events.product[rows]
    held = shelf.quality[what]
    applies = np.maximum((held != 0).sum(-1), 1)
    share = taste.department[who, shelf.department[what]] * taste.department.shape[1]
    color = np.where(shelf.colors[what], taste.color[who], -np.inf).max(-1)
    distance = np.abs(shelf.price_level[what] - taste.price_level[who])
    terms: dict[str, NDArray[np.floating[Any]]] = {
        "interest": 0.3 * np.clip(np.log(share), -3, 3),
        "brand": taste.brand[who, shelf.brand[what]],
        "color": np.where(np.isfinite(color), color, 0.0),
        "price": -taste.price_sensitivity[who] * distance,
        "quality": 0.9 * held.sum(-1) / applies,
        "taste in quality": 0.9 * ((taste.aspect[who] - 1) * held).sum(-1) / applies,
        "appeal": 0.5 * shelf.appeal[what],
        "price cut": 0.35 * shelf.reduced[what],
        "sold out": -1.5 * ~shelf.in_stock[what],
    }
    exact: dict[str, Array] = {n: np.asarray(t, dtype=np.float64) for n, t in terms.items()}
    exact["query match"] = truth["impression_utility"].astype(np.float64) - np.sum(
        list(exact.values()), axis=0
    )
    chance = truth["impression_click"].astype(np.float64)
    clicked = (np.random.default_rng(SEED).random(len(chance)) < chance).astype(np.float64)
    seconds = events.seconds[rows]
    later = seconds <= np.quantile(seconds, HELD_OUT)
    looked_at: Array = np.power(1.0 + events.position[rows], _PLACE_DECLINE, dtype=np.float64)
    return World(shelf, taste, who, what, exact, looked_at, clicked, later)


def ideal_learner(world: World, steps: int = 100) -> Array:
    """The utility, (n,), with customers' tastes learnt from the clicks of the earlier days."""
    shelf, people = world.shelf, len(world.taste.price_level)
    known = world.utility - sum(world.terms[name] for name in _TASTES)
    who, what = torch.tensor(world.customer), torch.tensor(world.product)
    brand, department = torch.tensor(shelf.brand)[what], torch.tensor(shelf.department)[what]
    level = torch.tensor(shelf.price_level).float()[what]
    offered = torch.tensor(shelf.colors)
    quality = torch.tensor(shelf.quality).float() / np.maximum(
        (shelf.quality != 0).sum(1, keepdims=True), 1
    ).astype(np.float32)
    base, seen = torch.tensor(known).float(), torch.tensor(world.looked_at).float()
    label = torch.tensor(world.clicked).float()
    sizes = (len(shelf.brands), offered.shape[1], world.taste.department.shape[1], quality.shape[1])
    brands, colors, interests, aspects = (torch.zeros(people, n) for n in sizes)
    liked, care = torch.full((people,), 0.42), torch.full((people,), 0.8)
    weights = [brands, colors, interests, aspects, liked, care]
    for weight in weights:
        weight.requires_grad_()

    def utility(rows: torch.Tensor) -> torch.Tensor:
        c, p = who[rows], what[rows]
        color = colors[c].masked_fill(~offered[p], -9.0).amax(1)
        total: torch.Tensor = (
            base[rows]
            + brands[c, brand[rows]]
            + torch.where(offered[p].any(1), color, 0.0)
            - care[c].exp() * (level[rows] - liked[c]).abs()
            + 0.3 * interests[c, department[rows]].clamp(-3, 3)
            + 0.9 * (aspects[c] * quality[p]).sum(1)
        )
        return total

    earlier = torch.tensor(np.flatnonzero(~world.later))
    optimiser = torch.optim.Adam(weights, lr=0.07)
    spreads = ((brands, 0.75), (colors, 0.6), (interests, 1.5), (aspects, 1.3))
    for _ in range(steps):
        prior = sum(((w**2).sum() / (2 * s * s) for w, s in spreads), torch.zeros(()))
        prior = prior + ((liked - 0.42) ** 2).sum() / (2 * 0.24**2)
        prior = prior + ((care - 0.8) ** 2).sum() / (2 * 0.6**2)
        chance = (seen[earlier] * utility(earlier).sigmoid()).clamp(1e-6, 1 - 1e-6)
        value = nll(chance, label[earlier]) + prior
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        parts = torch.arange(len(who)).split(50_000)  # type: ignore[no-untyped-call]
        return torch.cat([utility(part) for part in parts]).double().numpy()


def nll(chance: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Summed negative log-likelihood."""
    return -(label * chance.log() + (1 - label) * (1 - chance).log()).sum()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=3200)
    parser.add_argument("--lists", type=float, default=4.0)
    arguments = parser.parse_args()
    world = make_world(arguments.customers, arguments.lists)
    lines = ["| hidden from the oracle | of its click AUC |", "|---|---|"]
    for name in world.terms:
        without = {n: t.mean() if n == name else t for n, t in world.terms.items()}
        reached = world.reached(np.sum(list(np.broadcast_arrays(*without.values())), axis=0))
        lines.append(f"| {name} | {reached:.3f} |")
    hidden = [t.mean() + 0 * t if n in _TASTES else t for n, t in world.terms.items()]
    lines.append(f"| all tastes | {world.reached(np.sum(hidden, axis=0)):.3f} |")
    lines.append(
        f"| tastes, learnt ideally from clicks | {world.reached(ideal_learner(world)):.3f} |"
    )
    clicks = world.clicked.sum() / len(world.taste.price_level)
    sys.stdout.write("\n".join([*lines, "", f"{clicks:.1f} clicks a customer"]) + "\n")


if __name__ == "__main__":
    main()
