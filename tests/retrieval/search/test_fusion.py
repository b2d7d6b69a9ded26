from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import WeightsError
from retrieval.index.lexical import LexicalScores
from retrieval.search.fusion import Fusion

LEXICAL = LexicalScores(np.array([4, 2, 0, 0], np.float32), np.array([1, 0.5, 0, 0], np.float32))
COSINES = np.array([0.5, 0.6, 0.3, 0.1], np.float32)
EVERYTHING = np.ones(4, dtype=np.bool_)


def test_scores_are_in_order_and_between_0_and_1() -> None:
    fused = Fusion.load().fuse(LEXICAL, COSINES, EVERYTHING)
    assert fused[0] > fused[1] > fused[2] >= fused[3] >= 0
    assert fused.max() <= 1


def test_what_is_masked_neither_scores_nor_sets_the_scale() -> None:
    fusion = Fusion(bm25=1, coverage=0, cosine=0, floor=0, floor_with_topic=0, floor_coverage=0)
    fused = fusion.fuse(LEXICAL, COSINES, np.array([False, True, True, True]))
    assert fused.tolist() == [0, 1, 0, 0]
    assert fusion.fuse(LEXICAL, COSINES, ~EVERYTHING).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("readily", "expected"), [(False, [0, 1]), (True, [0, 1, 2])])
def test_a_query_that_names_no_thing_lowers_the_floor(readily: bool, expected: list[int]) -> None:
    relevant = Fusion.load().relevant(LEXICAL, COSINES, readily)
    assert np.flatnonzero(relevant).tolist() == expected


def test_a_shop_has_weights_of_its_own(tmp_path: Path) -> None:
    own = replace(Fusion.load(), bm25=0.7)
    assert Fusion.of_shop(None) == Fusion.of_shop(tmp_path) == Fusion.load()
    own.write(tmp_path / "fusion.yaml", "# ours\n")
    assert Fusion.of_shop(tmp_path) == own
    (tmp_path / "fusion.yaml").write_text("weights: none")
    with pytest.raises(WeightsError, match="unusable"):
        Fusion.of_shop(tmp_path)
