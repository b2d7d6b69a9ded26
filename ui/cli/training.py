"""What the commands that train a text classifier share."""

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from pydantic import BaseModel

R = TypeVar("R", bound="BaseModel")

_PAUSE = 20.0
"""Seconds between two lines where there is no terminal."""
_PERIOD = 120.0
"""Seconds that the time left is estimated from: texts of one step are short, of the next long."""


def read_recipe(base: R, file: Path | None, fields: list[str]) -> R:
    """``base`` with what a file and ``name=value`` pairs change of it.

    Raises:
        BadParameter: a field is unknown or its value does not fit.
    """
    import yaml
    from pydantic import ValidationError

    changes: dict[str, Any] = {}
    try:
        if file:
            changes |= yaml.safe_load(file.read_text(encoding="utf-8"))
        for pair in fields:
            name, _, value = pair.partition("=")
            changes[name] = yaml.safe_load(value)
        return type(base).model_validate(base.model_dump() | changes)
    except (OSError, yaml.YAMLError, ValidationError, TypeError) as error:
        raise typer.BadParameter(f"not a recipe: {error}") from error


class EpochBar:
    """Progress in epochs, and the time left, on standard error.

    A terminal gets a bar, anything else a line now and then.
    """

    def __init__(self, epochs: int) -> None:
        self._console = Console(stderr=True)
        # Of several processes the first tells.
        self._silent = int(os.environ.get("RANK", "0")) > 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.2f}/{task.total} epochs"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            speed_estimate_period=_PERIOD,
            disable=self._silent or not self._console.is_terminal,
        )
        self._epochs = epochs
        self._task = self._progress.add_task("training", total=epochs)
        self._done = 0.0
        self._first: tuple[float, float] | None = None
        self._told = perf_counter()
        self.row: Callable[[dict[str, float]], None] = self._row
        self.advance: Callable[[float, float], None] = self._advance

    def __enter__(self) -> "EpochBar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _advance(self, epochs: float, loss: float) -> None:
        """``epochs`` are done, which may begin above 0 where a run that was cut off goes on."""
        now = perf_counter()
        self._progress.update(self._task, completed=epochs)
        if self._first is None:
            self._first = (epochs, now)
        first, began = self._first
        if now - self._told < _PAUSE or epochs <= first:
            return
        self._told = now
        left = (now - began) / (epochs - first) * max(self._epochs - epochs, 0) / 60
        self._line(f"{epochs:.2f}/{self._epochs} epochs, loss {loss:.3f}, {left:.0f} min left")

    def _row(self, row: dict[str, float]) -> None:
        told = f"loss {row['loss']:.3f}, validation macro-F1 {row['macro_f1']:.4f}"
        self._done += 1
        done = max(self._done, self._progress.tasks[0].completed)
        self._progress.update(self._task, completed=done, description=told)
        self._line(f"epoch {row['epoch']:.0f}: {told}")

    def _line(self, told: str) -> None:
        if not self._silent and not self._console.is_terminal:
            self._console.print(told, markup=False, highlight=False)
