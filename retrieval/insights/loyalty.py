"""Do customers come back, and are they content? By the month of their first purchase."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from retrieval.insights.trends import start_of
from retrieval.store.insight_store import CustomerDay

WINDOW_DAYS = 30


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers whose first purchase fell into one month."""

    month: date
    customers: int
    watched: int
    """Those whose first purchase lies at least ``WINDOW_DAYS`` back; only they can be judged."""
    repeated: int
    """Of those watched: bought again on another day within ``WINDOW_DAYS``."""
    purchases: int
    """Days with a purchase, of all customers of the cohort."""
    reviews: int
    """Reviews that they wrote."""
    satisfied: int
    """Reviews with four stars or more."""
    stars: float | None

    @property
    def repeat_rate(self) -> float | None:
        return round(self.repeated / self.watched, 4) if self.watched else None

    @property
    def satisfaction(self) -> float | None:
        return round(self.satisfied / self.reviews, 4) if self.reviews else None


def cohorts(
    purchases: Iterable[CustomerDay],
    satisfaction: Mapping[str, tuple[int, int, float]],
    today: int,
) -> list[Cohort]:
    """All cohorts, oldest first. ``satisfaction``: reviews, good ones and mean stars by customer.

    ``today`` is a day since 1970-01-01: whoever first bought too lately has had no time to return.
    """
    days: dict[str, list[int]] = defaultdict(list)
    for one in purchases:
        days[one.customer_id].append(one.day)
    members: dict[date, list[str]] = defaultdict(list)
    for customer, bought in days.items():
        bought.sort()
        members[start_of(bought[0], "month")].append(customer)
    return [
        _cohort(month, who, days, satisfaction, today) for month, who in sorted(members.items())
    ]


def _cohort(
    month: date,
    customers: list[str],
    days: Mapping[str, list[int]],
    satisfaction: Mapping[str, tuple[int, int, float]],
    today: int,
) -> Cohort:
    watched = [c for c in customers if days[c][0] + WINDOW_DAYS <= today]
    repeated = [c for c in watched if _came_back(days[c])]
    wrote = [satisfaction[c] for c in customers if c in satisfaction]
    reviews = sum(count for count, _, _ in wrote)
    stars = sum(count * mean for count, _, mean in wrote)
    return Cohort(
        month,
        len(customers),
        len(watched),
        len(repeated),
        sum(len(set(days[c])) for c in customers),
        reviews,
        sum(good for _, good, _ in wrote),
        round(stars / reviews, 2) if reviews else None,
    )


def _came_back(bought: list[int]) -> bool:
    return any(bought[0] < day <= bought[0] + WINDOW_DAYS for day in bought)
