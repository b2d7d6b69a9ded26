from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.index.lexical import LexicalScores
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.answerable import (
    Answerable,
    Asked,
    Signs,
    read_asked,
    relevant,
    signs_of,
)
from retrieval.search.fusion import Fusion, Scores
from retrieval.search.wishes import Wish

EVERYTHING = np.ones(3, dtype=np.bool_)
NO_WISH = Asked(Wish(0.0, False), False)
PURE_WISH = Asked(Wish(1.0, True), False)


def scores(cosines: list[float], coverage: list[float]) -> tuple[LexicalScores, Scores]:
    lexical = LexicalScores(np.zeros(3, np.float32), np.array(coverage, dtype=np.float32))
    return lexical, np.array(cosines, dtype=np.float32)


def answers(asked: Asked, cosines: list[float], coverage: list[float]) -> list[int]:
    lexical, near = scores(cosines, coverage)
    models = Fusion.load(), Answerable.load()
    found = relevant(asked, lexical, near, EVERYTHING, *models)
    return [int(row) for row in np.flatnonzero(found)]


def test_a_thing_whose_name_nobody_knows_is_refused_though_something_comes_near() -> None:
    assert answers(NO_WISH, [0.47, 0.2, 0.1], [0, 0, 0]) == []
    assert answers(NO_WISH, [0.47, 0.2, 0.1], [0.6, 0, 0]) == [0]


def test_every_word_of_a_query_answers_it_whatever_its_vector() -> None:
    assert answers(NO_WISH, [0.1, 0.1, 0.1], [0, 1, 0]) == [1]


def test_a_wish_is_answered_by_what_is_near_at_all() -> None:
    assert answers(PURE_WISH, [0.3, 0.2, 0.05], [0, 0, 0]) == [0, 1]
    assert answers(NO_WISH, [0.3, 0.2, 0.05], [0, 0, 0]) == []


def test_what_is_masked_neither_answers_nor_is_a_sign() -> None:
    lexical, near = scores([0.9, 0.2, 0.1], [1, 0.2, 0])
    mask = np.array([False, True, True])
    signs = signs_of(NO_WISH, lexical, near, mask)
    assert (signs.cosine, signs.coverage) == pytest.approx((0.2, 0.2))
    models = Fusion.load(), Answerable.load()
    assert not relevant(NO_WISH, lexical, near, ~EVERYTHING, *models).any()


def test_words_of_another_script_are_foreign_and_told_so() -> None:
    lexicon = Lexicon.load()
    assert read_asked("连衣裙", lexicon, {"en"}).is_foreign
    assert not read_asked("连衣裙", lexicon, {"en", "zh"}).is_foreign
    assert not read_asked("dress", lexicon, {}).is_foreign
    lexical, near = scores([0.5, 0, 0], [0, 0, 0])
    signs = signs_of(replace(NO_WISH, is_foreign=True), lexical, near, EVERYTHING)
    assert signs.foreign == 1.0


def test_weights_are_written_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = replace(Answerable.load(), bias=-1.0)
    own.write(tmp_path / "answerable.yaml", "# ours\n")
    monkeypatch.setattr("retrieval.search.answerable.files", lambda _: tmp_path)
    Answerable.load.cache_clear()
    try:
        assert Answerable.load() == own
    finally:
        Answerable.load.cache_clear()
    assert own.holds(Signs(0.1, 0.0, 0.0, 0.5, 0.0))
