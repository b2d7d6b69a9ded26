import numpy as np
import pytest

from finetune.search.translation import fit_translation
from retrieval.search.matching import TitleTable
from retrieval.search.translation import FEATURES, translation_features

COLOURS = ["red", "blue", "green", "white", "black", "brown"]
TITLES = [f"{colour} refrigerator" for colour in COLOURS] + [f"{c} sofa" for c in COLOURS]
GRADED = {f"{colour} fridge": {row: 3.0} for row, colour in enumerate(COLOURS)} | {
    f"{colour} couch": {row + 6: 3.0} for row, colour in enumerate(COLOURS)
}
TABLE = TitleTable(TITLES)
ROWS = np.arange(len(TITLES))


def told(asked: list[str], name: str) -> np.ndarray:
    model = fit_translation(GRADED, TITLES, answers_from=1.0)
    return translation_features([model], asked, TABLE, ROWS)[FEATURES.index(name)]


def test_what_stands_for_a_word_is_learnt_from_answers() -> None:
    chance = told(["fridg"], "translated")
    assert chance[:6].min() > chance[6:].max()
    assert told(["fridg"], "translated_best")[:6].min() > 1.0
    assert told(["red", "couch"], "translated_rank").argmin() == 6


def test_unknown_words_tell_nothing_of_any_title() -> None:
    assert np.ptp(told(["zzz"], "translated")) == pytest.approx(0)
    assert np.isfinite(told(["zzz"], "translated")).all()


def test_poor_answers_teach_nothing() -> None:
    model = fit_translation({"red fridge": {0: 0.5}}, TITLES, answers_from=1.0)
    assert np.ptp(model.log_chance(["fridg"], TABLE, ROWS)[0]) == 0


def test_without_a_model_all_columns_are_zero() -> None:
    columns = translation_features([], ["red"], TABLE, ROWS)
    assert [column.tolist() for column in columns] == [[0.0] * len(TITLES)] * len(FEATURES)
