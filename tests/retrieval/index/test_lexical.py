from pathlib import Path

import numpy as np
import pytest

from retrieval.index.lexical import LexicalDocument, LexicalIndex
from retrieval.index.tokenize import terms

TITLES = ["Red cotton dress", "Black leather boots", "红色连衣裙", "Oak table with leather top", ""]


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex.build([LexicalDocument(terms(title), [], []) for title in TITLES])


def test_a_product_with_more_of_the_query_scores_higher(index: LexicalIndex) -> None:
    scores = index.score([{"leather": 1.0}, {"boot": 1.0}])
    assert scores.bm25.argmax() == 1
    assert scores.coverage[1] == pytest.approx(1.0)
    assert 0 < scores.coverage[3] < 0.5  # leather is the commoner of the two words
    assert scores.bm25[0] == scores.coverage[0] == 0


def test_an_unknown_word_is_missing_from_everything(index: LexicalIndex) -> None:
    assert index.score([{"helicopt": 1.0}]).coverage.max() == 0
    half = index.score([{"helicopt": 1.0}, {"boot": 1.0}])
    assert 0 < half.coverage[1] < 0.5  # what nobody has is the rarest word


def test_a_synonym_adds_less_but_answers_the_word(index: LexicalIndex) -> None:
    scores = index.score([{"红色": 1.0, "red": 0.4}])
    assert scores.bm25[2] > scores.bm25[0] > 0
    assert scores.coverage[0] == scores.coverage[2] == pytest.approx(1.0)


def test_the_title_counts_for_more_than_the_description() -> None:
    filler = [LexicalDocument(["lamp"], ["light"], ["bulb"])] * 5
    documents = [LexicalDocument(["sofa"], ["x"], ["y"]), LexicalDocument(["x"], ["y"], ["sofa"])]
    scores = LexicalIndex.build([*documents, *filler]).score([{"sofa": 1.0}]).bm25
    assert scores[0] > 2 * scores[1] > 0


def test_a_loaded_index_scores_the_same(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path)
    query = [{"leather": 1.0}, {"连衣裙": 1.0}]
    np.testing.assert_array_equal(loaded.score(query).bm25, index.score(query).bm25)
    np.testing.assert_array_equal(loaded.score(query).coverage, index.score(query).coverage)


def test_an_index_of_nothing_answers() -> None:
    assert LexicalIndex.build([]).score([{"a": 1.0}]).bm25.shape == (0,)
    wordless = LexicalIndex.build([LexicalDocument([], [], [])])
    assert wordless.score([{"a": 1.0}]).bm25.tolist() == [0]
