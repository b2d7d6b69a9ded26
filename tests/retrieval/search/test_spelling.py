import pytest

from retrieval.search.spelling import Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(
        {"dress": 5, "dresses": 9, "headphones": 4, "refrigerator": 3, "drill": 4, "tv": 2}
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [("drss", "dress"), ("heaphones", "headphones"), ("Refridgerator", "refrigerator")],
)
def test_a_misspelling_is_mended(speller: Speller, written: str, meant: str) -> None:
    assert speller.correct(f"a {written}") == {written.lower(): meant}


@pytest.mark.parametrize(
    "text",
    ["grill", "helicopter", "asdfgh", "dresses", "dressing", "tvs", "rx78", "连衣裙", "", "'?!"],
)
def test_other_words_stand(speller: Speller, text: str) -> None:
    assert speller.correct(text) == {}
