"""How far a command with several stages is, and how long the stage it is in still takes."""

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_EVERY = 15.0
"""Seconds between two lines, where standard error is no terminal."""


class StageBars:
    """A bar on standard error for each stage; where nobody sees bars, a line now and then."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, tuple[float, int]] = {}
        self._told = time.monotonic()
        self._ended: set[str] = set()

    def step(self, stage: str, done: int, total: int) -> None:
        """So much of a stage is done."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total, note="")
            # A run that was cut off begins in the middle.
            self._begun[stage] = (time.monotonic(), done)
        self._progress.update(self._tasks[stage], completed=done)
        if not self._console.is_terminal:
            self._line(stage, done, total)

    def note(self, text: str) -> None:
        """What is known of the stage that is in progress."""
        if self._console.is_terminal:
            self._progress.update(list(self._tasks.values())[-1], note=text)
        else:
            self._console.print(text, markup=False)

    def _line(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        since, first = self._begun[stage]
        if stage in self._ended or done <= first:
            return
        if done < total and now - self._told < _EVERY:
            return
        self._told = now
        if done >= total:
            self._ended.add(stage)
        left = (now - since) / (done - first) * (total - done)
        share = f"{100 * done / max(total, 1):.0f} %"
        self._console.print(f"{stage}: {share}, {left:.0f} s left", markup=False)

    def __enter__(self) -> "StageBars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
