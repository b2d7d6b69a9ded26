"""What neighbours, campaigns, experiments and newcomers add to a search of a whole shop.

    python -m evals.placement_latency --home var

Every search is made twice in turn, without and with them, by customers of the shop; ten campaigns
of twenty products each run meanwhile and are ended afterwards.
"""

import argparse
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.settings import Settings
from assistant.shop import Shop
from retrieval.constraints import Constraints
from retrieval.sponsored.campaign import CampaignDraft

CUSTOMERS, ROUNDS, SHOWN = 30, 3, 4
WANTED = [
    *(Constraints(query=words) for words in ("dress", "running shoes", "headphones", "水壶")),
    *(Constraints(), Constraints(price_max=50), Constraints(query="lamp", price_max=80)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"))
    shop = Shop(Settings(home=parser.parse_args().home))
    shop.load()
    shop.wait_until_settled()
    try:
        print(report(*measure(shop)))  # noqa: T201
    finally:
        shop.close()


def measure(shop: Shop) -> tuple[list[float], list[float], int]:
    """Milliseconds without and with, pair by pair, and how many lists had a sponsored product."""
    finder = shop.rooms.finder
    held = (finder.neighbours, finder.sponsors, finder.trials, finder.explorer)
    campaigns = _campaigns(shop)
    customers = [customer.id for customer in shop.customers.page(CUSTOMERS)]
    without, with_them, placed = [], [], 0
    for turn in range(ROUNDS):
        for customer in customers:
            for number, wanted in enumerate(WANTED):
                took, placed_now = [0.0, 0.0], False
                # Which comes first changes in turn: the second finds more in the processor's cache.
                for side in (0, 1) if (number + turn) % 2 else (1, 0):
                    parts = held if side else (None,) * 4
                    finder.neighbours, finder.sponsors, finder.trials, finder.explorer = parts
                    began = time.perf_counter()
                    found = finder.find(wanted, customer, SHOWN)
                    took[side] = (time.perf_counter() - began) * 1000
                    kinds = {e.kind for c in found.candidates for e in c.evidence}
                    placed_now |= "sponsored" in kinds
                if turn:  # the first round fills what is remembered
                    without.append(took[0])
                    with_them.append(took[1])
                    placed += placed_now
    for key in campaigns:
        shop.campaigns.end(key)
    return without, with_them, placed


def report(without: list[float], with_them: list[float], placed: int) -> str:
    """The figures in a sentence."""
    more = [b - a for a, b in zip(without, with_them, strict=True)]
    return (
        f"{len(more)} searches, {placed} with a sponsored product; "
        f"median {statistics.median(without):.2f} ms without, "
        f"{statistics.median(with_them):.2f} ms with; "
        f"median of the differences {statistics.median(more):.2f} ms"
    )


def _campaigns(shop: Shop) -> list[str]:
    ids = [product.id for product in shop.catalog.scan()][::9][:200]
    now = datetime.now(UTC)
    return [
        shop.campaigns.create(
            CampaignDraft(
                name="Latency",
                advertiser="Acme",
                product_ids=ids[n::10],
                bid=0.5,
                budget=1000,
                starts_at=now - timedelta(days=1),
                ends_at=now + timedelta(days=9),
            )
        ).id
        for n in range(10)
    ]


if __name__ == "__main__":
    main()
