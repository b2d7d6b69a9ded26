"""What the commands that train a text classifier share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from pydantic import BaseModel

R = TypeVar("R", bound="BaseModel")


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
    """A progress bar of epochs on standard error."""

    def __init__(self, epochs: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} epochs"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=int(os.environ.get("RANK", "0")) > 0,  # of several processes the first tells
        )
        self._task = self._progress.add_task("training", total=epochs)
        self.row: Callable[[dict[str, float]], None] = self._row

    def __enter__(self) -> "EpochBar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _row(self, row: dict[str, float]) -> None:
        told = f"loss {row['loss']:.3f}, validation macro-F1 {row['macro_f1']:.4f}"
        self._progress.update(self._task, advance=1, description=told)
