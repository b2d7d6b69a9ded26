import pytest

from retrieval.catalog.lift import Lifter


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return Lifter()


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Navy wool coat", {"color": ["navy"], "material": ["wool"]}),
        ("红色真丝连衣裙", {"color": ["red"], "material": ["silk"]}),
        ("Case for black phones", {}),
        ("Cotton dress with gold belt", {"material": ["cotton"]}),
        ("Leather care kit", {}),
        ("Wood screws, 100 pieces", {}),
        ("Black Friday voucher", {}),
        ("Large mixing bowl", {}),
    ],
)
def test_only_what_a_title_plainly_says(
    lifter: Lifter, title: str, found: dict[str, list[str]]
) -> None:
    assert lifter.attributes(title, [], []) == found


def test_a_tag_counts_as_a_whole(lifter: Lifter) -> None:
    tags = ["black", "blue jeans", "white noise machine", "红色"]
    assert lifter.attributes("Thing", tags, []) == {"color": ["black", "red"]}


def test_what_the_feed_says_itself_is_left_alone(lifter: Lifter) -> None:
    assert lifter.attributes("Navy wool coat", ["black"], ["color"]) == {"material": ["wool"]}
