"""Spreads a campaign's budget over its days, and over each day."""

from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
HEAD_START = 0.05
"""The share of a day's money that may be spent at its very beginning."""


def day_allowance(budget: int, spent_before: int, now: datetime, ends_at: datetime) -> int:
    """What may be spent today, in the money's smallest unit.

    What is left at the beginning of the day is spread evenly over the time until the end; a day's
    money that was not spent is thereby shared among those that follow. ``spent_before`` is what
    was spent before today.
    """
    start = midnight(now)
    left = max(0, budget - spent_before)
    days = max(1.0, (ends_at - start) / DAY)
    return int(left / days)


def may_spend(
    allowance: int, bid: int, now: datetime, starts_at: datetime, ends_at: datetime
) -> int:
    """What may be spent from the beginning of the day until now.

    It grows evenly from when the campaign is on until it ends or the day does. The price of one
    click may be spent at once, so that a small allowance is spent at all.
    """
    start = max(midnight(now), starts_at)
    end = min(midnight(now) + DAY, ends_at)
    gone = (now - start) / (end - start) if end > start else 1.0
    share = HEAD_START + (1 - HEAD_START) * min(1.0, max(0.0, gone))
    return min(allowance, max(bid, int(allowance * share)))


def midnight(now: datetime) -> datetime:
    """The beginning of the day, UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day_number(now: datetime) -> int:
    """Days since 1970-01-01 UTC."""
    return int(now.timestamp() // 86_400)
