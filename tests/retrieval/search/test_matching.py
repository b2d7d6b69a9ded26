import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.search.matching import FEATURES, TitleTable, head_of, ordered_terms

TITLES = [
    "Acme Steel Garden Hose, 50 ft",
    "Hose reel for garden walls",
    "Brass hose nozzle with brush",
    "Oak side table - 55 in. wide",
    "",
]


@pytest.fixture(scope="module")
def table() -> TitleTable:
    return TitleTable(TITLES)


def told(table: TitleTable, query: str, name: str) -> list[float]:
    found = table.match(query, np.arange(len(TITLES)))
    return [float(value) for value in found[:, FEATURES.index(name)]]


def test_words_that_are_held_count_by_their_rarity(table: TitleTable) -> None:
    covered = told(table, "brass hose", "covered")
    assert covered[2] == pytest.approx(1.0)
    assert 0 < covered[0] == covered[1] < 0.5  # "hose" is the commoner of the two
    assert covered[3] == covered[4] == 0


def test_the_thing_asked_for_ends_the_head_of_a_title(table: TitleTable) -> None:
    assert told(table, "garden hose", "last_word_ends_head")[0] == 1
    assert told(table, "garden hose", "last_word_in_head")[:3] == [1, 1, 1]
    assert told(table, "brush", "last_word_in_head")[2] == 0  # it only comes with the nozzle
    assert told(table, "brush", "last_word")[2] == 1
    assert told(table, "wide table", "last_word_ends_head")[3] == 1


def test_misspelt_words_are_alike(table: TitleTable) -> None:
    assert told(table, "nozle", "covered")[2] == 0
    assert 0.5 < told(table, "nozle", "covered_softly")[2] < 1


def test_numbers_are_matched_as_such(table: TitleTable) -> None:
    assert told(table, "hose 50 ft", "numbers_missed")[0] == 0
    assert told(table, "hose 75 ft", "numbers_missed")[0] > 0
    assert told(table, "hose", "numbers") == [0] * len(TITLES)


def test_neighbours_and_the_start(table: TitleTable) -> None:
    assert told(table, "garden hose", "pairs")[:2] == [1, 0]
    assert told(table, "acme hose", "starts_title") == [1, 1, 0, 0, 0]


def test_heads_end_at_the_first_preposition_or_bracket() -> None:
    assert head_of("Oak Table with Drawer (Set of 2)") == "oak table"
    assert head_of("床头柜（两个）") == "床头柜"
    assert ordered_terms("55 inch tv stand")[:2] == ["55", "tv"]


@settings(deadline=None)  # the first text loads the Chinese dictionary
@given(st.text(max_size=40), st.lists(st.integers(0, len(TITLES) - 1), max_size=6))
def test_any_query_gives_finite_figures(query: str, rows: list[int]) -> None:
    found = TitleTable(TITLES).match(query, np.array(rows, dtype=np.int64))
    assert found.shape == (len(rows), len(FEATURES))
    assert np.isfinite(found).all()


def test_a_shop_without_titles_is_no_error() -> None:
    assert TitleTable([]).match("hose", np.zeros(0, dtype=np.int64)).shape == (0, len(FEATURES))
