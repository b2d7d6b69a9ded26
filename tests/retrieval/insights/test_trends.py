from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from retrieval.insights.loyalty import cohorts
from retrieval.insights.trends import start_of, trendlines
from retrieval.store.insight_store import CustomerDay, DaySum


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_days_are_gathered_into_weeks_and_months() -> None:
    sums = [
        DaySum("a", day("2026-11-02"), 2, 2, 0, 1.6),
        DaySum("a", day("2026-11-08"), 2, 0, 2, -1.6),
        DaySum("a", day("2026-11-09"), 1, 0, 1, -0.8),
        DaySum("b", day("2026-10-31"), 1, 1, 0, 0.5),
    ]
    a, b = trendlines(sums, "week")
    assert (a.key, a.reviews, b.key) == ("a", 5, "b")
    assert [(p.start.isoformat(), p.reviews, p.sentiment) for p in a.points] == [
        ("2026-11-02", 4, 0.0),
        ("2026-11-09", 1, -0.8),
    ]
    assert [p.start.isoformat() for p in trendlines(sums, "month")[0].points] == ["2026-11-01"]
    assert len(trendlines(sums, "week", at_most=1)) == 1


@given(st.integers(0, 40_000))
def test_weeks_begin_on_monday_and_months_on_the_first(number: int) -> None:
    week, month = start_of(number, "week"), start_of(number, "month")
    assert week.weekday() == 0 and 0 <= number - (week - date(1970, 1, 1)).days < 7
    assert month.day == 1 and 0 <= number - (month - date(1970, 1, 1)).days < 31


def test_cohorts_count_who_came_back_in_time() -> None:
    bought = {
        "back": ["2026-08-01", "2026-08-20"],
        "once": ["2026-08-05"],
        "late": ["2026-08-07", "2026-10-20"],
        "new": ["2026-11-10", "2026-11-12"],
    }
    purchases = [CustomerDay(who, day(d)) for who, days in bought.items() for d in days]
    said = {"back": (2, 2, 5.0), "once": (2, 0, 1.0), "stranger": (9, 9, 5.0)}
    august, november = cohorts(purchases, said, day("2026-11-23"))
    assert (august.month, august.customers, august.watched, august.repeated) == (
        date(2026, 8, 1),
        3,
        3,
        1,
    )
    assert (august.reviews, august.satisfaction, august.stars) == (4, 0.5, 3.0)
    assert (november.customers, november.watched, november.repeat_rate) == (1, 0, None)
    assert (november.satisfaction, november.stars) == (None, None)
