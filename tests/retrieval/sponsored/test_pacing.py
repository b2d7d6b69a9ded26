from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retrieval.sponsored.pacing import day_allowance, may_spend

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO, END = NOON - timedelta(days=30), NOON + timedelta(days=9, hours=12)


def test_what_is_left_is_spread_over_the_days_left() -> None:
    assert day_allowance(1000, 0, NOON, END) == 100
    assert day_allowance(1000, 500, NOON, END) == 50
    assert day_allowance(1000, 1000, NOON, END) == 0
    assert day_allowance(1000, 400, NOON, NOON + timedelta(hours=1)) == 600


def test_half_a_day_is_half_the_money() -> None:
    assert may_spend(1000, 10, NOON, LONG_AGO, END) == 525  # 5 % at once, the rest evenly
    assert may_spend(1000, 10, NOON - timedelta(hours=12), LONG_AGO, END) == 50
    last_hour = NOON + timedelta(hours=1)
    assert may_spend(1000, 10, last_hour, LONG_AGO, last_hour) == 1000


def test_a_small_allowance_is_spent_click_by_click() -> None:
    early = NOON.replace(hour=0, minute=1)
    assert may_spend(100, 40, early, LONG_AGO, END) == 40
    assert may_spend(30, 40, early, LONG_AGO, END) == 30


@given(st.integers(0, 10**9), st.integers(1, 10**7), st.floats(0, 1), st.floats(0, 1))
def test_the_pace_never_slows_down_within_a_day(
    allowance: int, bid: int, one: float, other: float
) -> None:
    day = NOON.replace(hour=0)
    early, late = (day + timedelta(days=1) * 0.999 * x for x in sorted((one, other)))
    spent = [may_spend(allowance, bid, moment, LONG_AGO, END) for moment in (early, late)]
    assert 0 <= spent[0] <= spent[1] <= allowance
