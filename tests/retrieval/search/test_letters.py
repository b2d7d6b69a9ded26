import numpy as np

from retrieval.search.letters import LetterIndex

TITLES = ["LED light bulb", "oak table", "lightbulb 60 watt", "", "Hammer drill"]


def test_words_joined_cut_or_misspelt_are_found_by_their_letters() -> None:
    index = LetterIndex(TITLES)
    assert set(np.argsort(-index.score("lightbulbs"))[:2].tolist()) == {0, 2}
    assert index.score("hamer dril").argmax() == 4


def test_scores_are_cosines() -> None:
    index = LetterIndex(TITLES)
    found = index.score("Oak  TABLE")
    assert found.shape == (5,)
    np.testing.assert_allclose(found[1], 1.0, atol=1e-5)
    assert found[3] == 0 and found.max() <= 1.0001
    assert index.score("").max() <= 1.0001
    assert index.score("文").tolist() == [0.0] * 5
