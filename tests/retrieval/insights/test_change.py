import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.insights import change
from retrieval.insights.change import LEAST_HISTORY, Mention, changes


def series(*parts: tuple[int, float], weight: float = 1.0) -> list[Mention]:
    """Mentions a day apart: so many, with that share of complaints, evenly spread."""
    found: list[Mention] = []
    for count, share in parts:
        for n in range(count):
            complains = int((n + 1) * share) > int(n * share)
            found.append(Mention(f"r{len(found)}", len(found), complains, weight))
    return found


def test_a_turn_for_the_worse_is_noticed_and_names_its_complaints() -> None:
    mentions = series((60, 0.2), (30, 0.8))
    (alarm,) = changes(mentions, 0.2)
    assert 60 <= alarm.raised < 80
    assert alarm.before < 0.3 < 0.6 < alarm.since
    complaints = {m.review_id for m in mentions if m.complains}
    assert set(alarm.review_ids) <= complaints
    assert len(alarm.review_ids) == len(set(alarm.review_ids)) > 2
    recent = [key for key in alarm.review_ids if int(key[1:]) >= 60]
    assert len(recent) > len(alarm.review_ids) / 2


def test_what_stays_as_it_is_raises_nothing() -> None:
    for share in (0.0, 0.1, 0.3, 0.6):
        assert list(changes(series((500, share)), share)) == []


def test_a_product_bad_from_the_start_is_no_change() -> None:
    assert list(changes(series((60, 0.9)), 0.2)) == []


def test_the_new_level_is_what_is_usual_from_then_on() -> None:
    assert len(list(changes(series((60, 0.1), (200, 0.5)), 0.1))) == 1
    assert len(list(changes(series((60, 0.1), (60, 0.4), (60, 1.0)), 0.1))) == 2


def test_doubtful_reviews_hardly_count() -> None:
    genuine = series((60, 0.2))
    fakes = [Mention(f"f{n}", 60 + n, True, 0.2) for n in range(12)]
    real = [Mention(f"f{n}", 60 + n, True) for n in range(12)]
    assert list(changes([*genuine, *fakes], 0.2)) == []
    assert len(list(changes([*genuine, *real], 0.2))) == 1


@given(st.lists(st.booleans(), max_size=120), st.floats(0, 1))
def test_any_series_can_be_watched(said: list[bool], usual: float) -> None:
    mentions = [Mention(f"r{n}", n, complains) for n, complains in enumerate(said)]
    for alarm in changes(mentions, usual):
        assert 0 <= alarm.began <= alarm.raised < len(said)
        assert alarm.raised >= LEAST_HISTORY
        assert all(said[int(key[1:])] for key in alarm.review_ids)


def test_a_long_series_is_read_in_blocks_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    mentions = series((300, 0.2), (40, 0.7), (100, 0.7))
    whole = list(changes(mentions, 0.2))
    monkeypatch.setattr(change, "_BLOCK", 37)
    parts = list(changes(mentions, 0.2))
    assert [(c.began, c.raised, c.review_ids) for c in parts] == [
        (c.began, c.raised, c.review_ids) for c in whole
    ]
    assert len(whole) == 1


def test_mentions_to_come_change_nothing_about_an_alarm() -> None:
    mentions = series((60, 0.2), (60, 0.8))
    (alarm,) = changes(mentions, 0.2)
    (same,) = changes([m for m in mentions if m.day <= alarm.raised], 0.2)
    assert same == alarm
