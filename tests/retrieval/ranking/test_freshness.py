import logging
from threading import Event

import pytest

from retrieval.ranking.freshness import Freshness


def test_it_runs_once_until_due_again() -> None:
    runs: list[int] = []
    fresh = Freshness(lambda: runs.append(1), every_s=60)
    for _ in range(5):
        fresh.touch()
        fresh.wait()
    assert runs == [1]


def test_it_does_not_run_twice_at_a_time() -> None:
    go_on, runs = Event(), []

    def task() -> None:
        runs.append(1)
        go_on.wait(10)

    fresh = Freshness(task, every_s=0)
    fresh.touch()
    fresh.touch()
    assert runs == [1]
    go_on.set()
    fresh.wait()
    fresh.touch()
    fresh.wait()
    assert runs == [1, 1]


def test_a_failure_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []

    def task() -> None:
        runs.append(1)
        raise OSError("no disk")

    fresh = Freshness(task, every_s=0)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            fresh.touch()
            fresh.wait()
    assert runs == [1, 1]
    assert "no disk" in caplog.text
