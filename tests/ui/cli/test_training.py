"""What a training command tells while it runs, where nobody looks at a terminal."""

import pytest

from ui.cli import training
from ui.cli.training import EpochBar


def test_progress_and_the_time_left_are_told_within_an_epoch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 10.0, 15.0, 40.0, 100.0])
    monkeypatch.setattr(training, "perf_counter", lambda: next(clock))
    with EpochBar(2) as bar:
        bar.advance(0.25, 0.9)
        bar.advance(0.30, 0.8)  # too soon to tell again
        bar.advance(0.50, 0.7)
        bar.advance(1.00, 0.6)
        bar.row({"epoch": 1, "loss": 0.6, "macro_f1": 0.5})
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "0.50/2 epochs, loss 0.700, 3 min left",
        "1.00/2 epochs, loss 0.600, 2 min left",
        "epoch 1: loss 0.600, validation macro-F1 0.5000",
    ]
