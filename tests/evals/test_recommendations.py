"""The measurement of recommendations, on the demo store itself."""

from evals.recommendations import _Truth, run
from retrieval.demo.cache import cached_store
from tests.conftest import CACHE


def test_what_is_served_is_liked_better_than_chance(demo_shop):
    store = cached_store(CACHE / "demo")
    report = run(demo_shop, store, customers=12)
    tasks = report["tasks"]
    assert report["customers"] == 12 and set(tasks) == {"home", "similar", "goes with"}
    for ways in tasks.values():
        for figures in ways.values():
            assert figures["lists"] == 0 or 0 < figures["of_the_best"] <= 1
    home, along = tasks["home"], tasks["goes with"]
    assert home["row for_you"]["liking"] > 1.5 * home["at random"]["liking"]
    assert along["served"]["liking"] > 1.2 * along["other categories at random"]["liking"]
    assert tasks["similar"]["served"]["same_kind"] > 0.5
    assert tasks["goes with"]["served"]["same_kind"] < 0.5


def test_the_truth_is_what_made_the_clicks():
    """Where nothing was asked for, liking is the utility kept with the impression."""
    store = cached_store(CACHE / "demo")
    truth, arrays = _Truth(store), store.truth.arrays
    rows = arrays["impression_event"]
    browsed = [n for n, row in enumerate(rows[:4000].tolist()) if store.events.query[row] == -1]
    assert browsed
    for n in browsed[:40]:
        row = rows[n]
        customer = store.events.customer_ids[store.events.customer[row]]
        product = store.events.product_ids[store.events.product[row]]
        utility = float(arrays["impression_utility"][n])
        assert abs(truth.of(customer)(product) - 1 / (1 + 2.718281828459045**-utility)) < 1e-4
