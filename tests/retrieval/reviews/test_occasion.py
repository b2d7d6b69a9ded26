import pytest

from retrieval.reviews.occasion import only_tells_occasion


@pytest.mark.parametrize(
    "segment",
    [
        "Using them for two weeks now",
        "I've had these for about 3 months now.",
        "I have been using it for a year",
        "Bought it two weeks ago",
        "got it for my son",
        "用了两个星期了",
        "已经用了三个月了。",
        "买了一年多了",
    ],
)
def test_what_only_tells_since_when_judges_nothing(segment: str) -> None:
    assert only_tells_occasion(segment)


@pytest.mark.parametrize(
    "segment",
    [
        "Used it for two weeks before it died",
        "had these for two weeks and the sole came off",
        "lasted two weeks",
        "two weeks to arrive",
        "用了两个星期就坏了",
        "买了一年还跟新的一样",
        "一个月掉色",
        "",
    ],
)
def test_what_happened_since_does(segment: str) -> None:
    assert not only_tells_occasion(segment)
