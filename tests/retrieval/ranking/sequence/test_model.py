import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from retrieval.errors import WeightsError
from retrieval.ranking.sequence.card import SIGNALS
from retrieval.ranking.sequence.history import SequenceEvent
from retrieval.ranking.sequence.model import CARD, ITEMS, WEIGHTS, SequenceModel
from retrieval.ranking.sequence.neighbours import Neighbours

Make = Callable[..., SequenceModel]


def had(*items: str, at: float | None = None) -> list[SequenceEvent]:
    return [SequenceEvent(item, at) for item in items]


def test_what_follows_is_offered_and_what_was_had_is_not(make_model: Make) -> None:
    model = make_model({"follows": 1.0})
    found = model.best(had("tent"), 5)
    assert found[0] == ("stove", pytest.approx(0.5))
    assert "tent" not in [item for item, _ in found]


def test_what_was_had_is_offered_again_where_that_is_usual(make_model: Make) -> None:
    model = make_model({"own": 1.0}, repeats=True)
    assert model.best(had("mug", "tent"), 2) == [
        ("tent", pytest.approx(1.0)),
        ("mug", pytest.approx(0.5)),
    ]


def test_older_events_count_less(make_model: Make) -> None:
    model = make_model({"follows": 1.0})
    late = model.scores(had("tent", "boots"), ["stove", "socks"])
    assert late.tolist() == pytest.approx([0.25, 0.8])


def test_the_basket_tells_what_goes_with_it(make_model: Make) -> None:
    model = make_model({"together": 1.0}, repeats=True)
    basket = [*had("boots", at=10.0), *had("mug", at=99_000.0)]
    assert model.best(basket, 1, "with") == [("stove", pytest.approx(0.9))]
    # The basket itself is hidden, what was had before is not.
    assert {item for item, _ in model.best(basket, 5, "with")} == {
        "tent",
        "stove",
        "boots",
        "socks",
    }


def test_a_newcomer_gets_what_is_popular(make_model: Make) -> None:
    model = make_model({"network": 1.0, "popularity": 1.0, "follows": 3.0})
    assert [item for item, _ in model.best([], 3)] == ["tent", "stove", "mug"]
    unweighted = make_model({"network": 1.0})  # of those who have a history it is no sign
    assert [item for item, _ in unweighted.best([], 2)] == ["tent", "stove"]
    assert model.customer_vector([]) is None
    assert model.customer_vector(had("never seen")) is None


def test_an_unknown_candidate_scores_like_the_least_popular(make_model: Make) -> None:
    model = make_model({"follows": 1.0, "popularity": 0.1})
    scores = model.scores(had("tent"), ["unheard of", "socks"])
    assert scores[0] == pytest.approx(scores[1])


@pytest.mark.parametrize("pooling", ["slices", "flat", "mean"])
def test_the_network_signal_is_a_distribution_of_vector_products(
    make_model: Make, pooling: str
) -> None:
    model = make_model({"network": 1.0}, pooling)
    history = had("tent", "mug", "boots")
    signals = model.signals(model.past(history))
    assert np.exp(signals[SIGNALS.index("network")]).sum() == pytest.approx(1, abs=1e-4)
    vector = model.customer_vector(history)
    assert vector is not None
    products = model.item_vectors(["tent", "socks"]) @ vector
    scores = model.scores(history, ["tent", "socks"])
    assert scores[0] - scores[1] == pytest.approx(products[0] - products[1], abs=1e-4)


def test_only_the_last_events_count(make_model: Make) -> None:
    model = make_model({"network": 1.0, "follows": 1.0, "own": 1.0})
    last = [("mug", "boots")[n % 2] for n in range(8)]
    long = model.scores(had(*["tent", "stove"] * 500, *last), ["socks", "mug"])
    assert long.tolist() == pytest.approx(model.scores(had(*last), ["socks", "mug"]).tolist())


def test_a_new_item_is_known_by_its_text(make_model: Make) -> None:
    model = make_model({"content": 1.0}, texts=True)
    text = np.zeros((2, 8), dtype=np.float32)
    text[0, 0] = 1  # like the tent's
    text[1, 6] = 1
    grown = model.with_items(["tarp", "mug"], text)
    assert len(grown.items) == 6
    assert grown.best(had("tent"), 1) == [("tarp", pytest.approx(1.0))]
    assert grown.customer_vector(had("tarp")) is not None
    with pytest.raises(WeightsError, match="without the items' texts"):
        make_model({}).with_items(["tarp"], text[:1])


def test_what_follows_a_new_item_is_what_follows_those_it_is_like(make_model: Make) -> None:
    text = np.zeros((1, 8), dtype=np.float32)
    text[0, 0] = 1  # like the tent's
    grown = make_model({"follows": 1.0}, texts=True).with_items(["tarp"], text)
    assert grown.best(had("tarp"), 1)[0][0] == "stove"


def test_how_likely_a_thing_is_taken_again_is_learnt(
    make_model: Make, arrays: dict[str, NDArray]
) -> None:
    weights = np.zeros(9, dtype=np.float32)
    weights[[0, 1]] = -1.0, 2.0  # the more often, the likelier
    learnt = arrays | {"repeats.weights": weights, "repeats.again": np.zeros(5, dtype=np.float32)}
    card = make_model({"again": 1.0}, repeats=True).card
    model = SequenceModel.of(card, ["tent", "stove", "mug", "boots", "socks"], learnt)
    found = model.scores(
        had("mug", "tent", "mug", "tent", "mug", "boots"), ["mug", "tent", "boots"]
    )
    odds = np.exp(-1 + 2 * np.log([3, 2, 1]))
    assert found.tolist() == pytest.approx(np.sqrt(odds / (1 + odds)).tolist(), abs=1e-4)


def write(folder: Path, model: SequenceModel, numbers: dict[str, NDArray]) -> None:
    (folder / CARD).write_text(model.card.model_dump_json())
    (folder / ITEMS).write_text(json.dumps(model.items))
    save_file({name: np.ascontiguousarray(v) for name, v in numbers.items()}, folder / WEIGHTS)


def test_a_folder_is_read_back(
    make_model: Make, arrays: dict[str, NDArray], tmp_path: Path
) -> None:
    model = make_model({"network": 1.0, "follows": 2.0})
    write(tmp_path, model, arrays)
    history = had("tent", "mug")
    again = SequenceModel.load(tmp_path)
    assert again.best(history, 5) == model.best(history, 5)


@pytest.mark.parametrize("lost", [CARD, ITEMS, WEIGHTS])
def test_a_folder_with_a_file_missing_or_damaged_is_refused(
    make_model: Make, arrays: dict[str, NDArray], tmp_path: Path, lost: str
) -> None:
    write(tmp_path, make_model({}), arrays)
    (tmp_path / lost).write_text("{")
    with pytest.raises(WeightsError, match="no sequence model"):
        SequenceModel.load(tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(WeightsError, match="no sequence model"):
        SequenceModel.load(tmp_path)


def test_items_that_do_not_fit_the_weights_are_refused(
    make_model: Make, arrays: dict[str, NDArray], tmp_path: Path
) -> None:
    write(tmp_path, make_model({}), arrays)
    (tmp_path / ITEMS).write_text('["tent"]')
    with pytest.raises(WeightsError, match="does not fit"):
        SequenceModel.load(tmp_path)


def test_neighbours_add_up_rows() -> None:
    near = Neighbours(
        np.array([0, 2, 3]), np.array([0, 1, 0], dtype=np.int32), np.array([1.0, 2.0, 3.0], "f4")
    )
    found = near.scores(np.array([0, 1]), np.array([1.0, 0.5], "f4"))
    assert found.tolist() == [2.5, 2.0]
    assert near.grown(3).scores(np.array([2]), np.array([1.0], "f4")).tolist() == [0, 0, 0]


def test_a_call_takes_some_milliseconds(make_model: Make) -> None:
    model = make_model({"network": 1.0, "follows": 1.0, "popularity": 1.0})
    history = had(*["tent", "stove", "mug"] * 20)
    model.scores(history, ["socks"])
    begun = time.process_time()
    for _ in range(20):
        model.scores(history, ["socks"])
    assert (time.process_time() - begun) / 20 < 0.02
