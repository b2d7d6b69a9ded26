"""The measurement runs, and the served network is no slower than DIN in plain torch."""

from evals.ranking_latency import measure


def test_figures_of_time() -> None:
    found = measure(repeats=3, rows=2500, device="cpu")
    assert all(value > 0 for value in found.values())
    assert found["score_100_network_numpy_ms"] < found["score_100_din_torch_ms"]
    assert found["event_to_profile_ms"] < 50
