from functools import partial

from evals.alarms import Noticed, Series, cusum, informed, judge, odds, simulate, weekly
from retrieval.insights.change import Mention


def test_alarms_before_a_shift_or_without_one_are_false() -> None:
    mentions = [Mention(str(day), day, False) for day in range(200)]
    shop = [Series(mentions, 100), Series(mentions, None)]

    def at(*days: int) -> Noticed:
        return judge(lambda series, usual: days, [shop])

    right = at(110)
    assert (right.true, right.false, right.planted) == (1, 1, 1)
    assert (right.days, right.reviews) == ([10], [11])
    assert (at(50).true, at(50).false) == (0, 2)
    assert (at(195).true, at(195).late) == (0, 1)
    assert at().precision == 0


def test_a_week_above_the_limit_is_told_once() -> None:
    mentions = [Mention(str(day), day, day >= 14) for day in range(35)]
    series = Series(mentions, 14)
    assert list(weekly(series, 0.2, limit=0.5, least=3)) == [20]
    assert list(weekly(series, 0.2, limit=0.5, least=8)) == []


def test_shifts_are_counted_by_size_and_volume() -> None:
    mentions = [Mention(str(day), day, day >= 100) for day in range(200)]
    noticed = judge(lambda series, usual: [110], [[Series(mentions, 100, 0.2, 0.55)]])
    assert noticed.groups == {"by 0.3 to 0.4": [1, 1], "90 mentions and more": [1, 1]}
    assert Series(mentions[:105], 100, 0.2, 0.9).volume == "under 10 mentions"


def test_the_shops_detector_beats_a_fixed_threshold_on_shifts_of_its_own() -> None:
    shops = [simulate(seed)[:150] for seed in (900, 901)]
    ours = judge(odds, shops)
    fixed = judge(partial(weekly, limit=0.7, least=3), shops)
    assert ours.precision > 0.8
    assert ours.precision > fixed.precision
    assert ours.recall > 0.25
    told = judge(partial(informed, limit=8.0), shops)
    assert told.recall > ours.recall


def test_the_odds_notice_more_than_a_cusum_does() -> None:
    shops = [simulate(seed)[:200] for seed in (900, 901)]
    ours, before = judge(odds, shops), judge(cusum, shops)
    assert ours.recall > before.recall
    assert ours.precision > before.precision - 0.05
