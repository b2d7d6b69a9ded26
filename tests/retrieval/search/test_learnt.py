import lightgbm
import numpy as np

from retrieval.search.asked_before import AskedBefore
from retrieval.search.learnt import (
    LearntOrder,
    SearchEvidence,
    candidate_features,
    candidate_rows,
    feature_names,
)
from retrieval.search.matching import TitleTable
from retrieval.search.signals import SIGNALS

TITLES = [f"thing {number} of oak" for number in range(30)] + ["garden hose", "hose reel"]
TABLE = TitleTable(TITLES)
BEFORE = AskedBefore({}, np.zeros((0, 8), dtype=np.float32))


def evidence(query: str = "garden hose") -> SearchEvidence:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(len(TITLES), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = {name: random.random(len(TITLES)).astype(np.float32) for name in SIGNALS}
    return SearchEvidence(query, scores, vectors, vectors[-1])


def trees_that_want(feature: str) -> LearntOrder:
    """Trees that know one thing: the more of ``feature``, the better."""
    names = feature_names(SIGNALS)
    features = np.random.default_rng(1).random((400, len(names))).astype(np.float32)
    wanted = (features[:, names.index(feature)] > 0.5).astype(int)
    data = lightgbm.Dataset(features, wanted, feature_name=names)
    settings = {"objective": "binary", "num_leaves": 2, "verbose": -1, "num_threads": 1}
    return LearntOrder([lightgbm.train(settings, data, num_boost_round=3)], BEFORE)


def test_candidates_are_the_best_of_every_score() -> None:
    first, second = np.zeros(9, np.float32), np.zeros(9, np.float32)
    first[[2, 7]], second[[7, 4]] = [0.5, 1.0], [0.5, 1.0]
    assert candidate_rows({"a": first, "b": second}, 2).tolist() == [2, 4, 7]


def test_every_feature_has_a_name_and_is_finite() -> None:
    known = evidence()
    rows = np.arange(len(TITLES))
    found = candidate_features(known, rows, TABLE, BEFORE)
    assert found.shape == (len(rows), len(feature_names(SIGNALS)))
    assert np.isfinite(found).all()
    behind = found[:, feature_names(SIGNALS).index("cosine_behind")]
    assert behind.argmin() == known.scores["cosine"].argmax()


def test_the_order_changes_and_the_scale_stays() -> None:
    known = evidence()
    learnt = trees_that_want("covered").reorder(known, TABLE)
    np.testing.assert_allclose(np.sort(learnt), np.sort(known.scores["fused"]))
    assert learnt.argmax() == TITLES.index("garden hose")


def test_forests_are_averaged() -> None:
    known, rows = evidence(), np.arange(len(TITLES))
    features = candidate_features(known, rows, TABLE, BEFORE)
    one, other = trees_that_want("covered"), trees_that_want("pairs")
    both = LearntOrder([*one.forests, *other.forests], BEFORE)
    np.testing.assert_allclose(
        both.score(features), (one.score(features) + other.score(features)) / 2
    )
