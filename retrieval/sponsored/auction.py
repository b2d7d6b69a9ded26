"""Who is shown for money, and what a click costs.

Generalised second-price auction weighted by quality (Edelman, Ostrovsky & Schwarz 2007; Varian
2007): bids are ranked by bid times predicted click rate, and a click costs just as much as it takes
to stay ahead of the next, so that it pays to bid what a click is worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.candidate import Candidate
from retrieval.sponsored.campaign import LEAST_BID

LEAST_RATE = 1e-4


@dataclass(frozen=True, slots=True)
class Bid:
    """A product that somebody pays for; money in millionths."""

    campaign_id: str
    advertiser: str
    candidate: Candidate
    bid: int
    click_rate: float
    """Predicted, in (0, 1]."""

    @property
    def value(self) -> float:
        """What showing it once is worth."""
        return self.bid * max(self.click_rate, LEAST_RATE)


@dataclass(frozen=True, slots=True)
class Won:
    """A bid that won, and the price of a click on it."""

    bid: Bid
    price: int


def auction(bids: Sequence[Bid], places: int) -> list[Won]:
    """The winners of at most ``places``, the most valuable first; one place for each product.

    A price never exceeds its bid and is never below ``LEAST_BID``.
    """
    best: dict[str, Bid] = {}
    for bid in sorted(bids, key=lambda b: (-b.value, b.campaign_id, b.candidate.id)):
        best.setdefault(bid.candidate.id, bid)
    ranked = list(best.values())
    won = []
    for place, bid in enumerate(ranked[:places]):
        # The best of another campaign that did better than none, for this product or another.
        rivals = [
            other.value
            for other in (*ranked[place + 1 :], *bids)
            if other.campaign_id != bid.campaign_id and other.value <= bid.value
        ]
        needed = max(rivals, default=0.0) / max(bid.click_rate, LEAST_RATE)
        won.append(Won(bid, min(bid.bid, max(LEAST_BID, -int(-needed // 1)))))
    return won
