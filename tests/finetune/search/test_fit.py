import numpy as np
import pytest

from finetune.errors import TrainingDataError
from finetune.search.fit import fit_order
from finetune.search.mining import half_of, training_queries
from finetune.search.order import Growth
from retrieval.search.asked_before import AskedBefore
from retrieval.search.learnt import SearchEvidence
from retrieval.search.matching import TitleTable
from retrieval.search.signals import SIGNALS

GROWTH = Growth(forests=1, rounds=20, least_in_leaf=5, threads=1)
NOUNS = ["hose", "lamp", "rug", "desk", "kettle", "scarf", "mower", "drill"]
TITLES = [
    f"{noun} {end}" for noun in NOUNS for end in ("of oak", "in red", "for two", "with lid", "box")
]
TABLE = TitleTable(TITLES)
BEFORE = AskedBefore({}, np.zeros((0, 4), dtype=np.float32))


def read(query: str) -> SearchEvidence:
    """Scores that know nothing: only the words of the titles tell what answers."""
    random = np.random.default_rng(abs(hash(query)) % 1000)
    vectors = np.full((len(TITLES), 4), 0.5, dtype=np.float32)
    scores = {name: random.random(len(TITLES)).astype(np.float32) for name in SIGNALS}
    return SearchEvidence(query, scores, vectors, vectors[0])


def graded(count: int) -> dict[str, dict[int, float]]:
    queries = [f"{noun} {number}" for number in range(count) for noun in NOUNS][:count]
    return {
        query: {row: 1.0 for row, title in enumerate(TITLES) if title.startswith(query.split()[0])}
        for query in queries
    }


def test_the_order_is_learnt_from_graded_queries() -> None:
    order = fit_order(graded(48), read, TABLE, BEFORE, GROWTH)
    learnt = order.reorder(read("lamp 999"), TABLE)
    best = np.argsort(-learnt)[:5]
    assert {TITLES[row].split()[0] for row in best} == {"lamp"}


def test_too_few_queries_are_told() -> None:
    with pytest.raises(TrainingDataError, match="Only 5 queries"):
        fit_order(graded(5), read, TABLE, BEFORE, GROWTH)


def test_answers_and_look_alikes_of_training_queries() -> None:
    grades = {"hose": {1: 3.0, 2: 0.2}, "nothing": {4: 0.1}}
    ranked = [np.array([10, 11, 12, 13, 14, 1, 15, 2])]
    [query] = training_queries(grades, lambda text: ranked, 1.0, 1.0)
    assert query.text == "hose"
    assert (query.answers, query.weights) == ((1,), (3.0,))
    assert query.look_alikes == (2, 15)  # neither the answer nor the first few that nobody judged


def test_queries_fall_into_two_halves() -> None:
    halves = [half_of(f"query {number}") for number in range(3000)]
    assert set(halves) == {0, 1}
    assert np.mean(halves) == pytest.approx(1 / 2, abs=0.03)
