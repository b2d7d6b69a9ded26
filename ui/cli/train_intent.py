"""``shopkeeper train intent``."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.settings import Settings

if TYPE_CHECKING:
    from finetune.text.recipe import Recipe


def intent(
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Parquet, CSV or JSONL; repeat it. Default: the shop's own utterances."),
    ] = None,
    text: Annotated[str, typer.Option(help="Column of the texts.")] = "text",
    label: Annotated[
        str, typer.Option(help="Column of the labels; `oos`: out of scope.")
    ] = "intent",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the model. Default for the shop's: the model registry."),
    ] = None,
    split: Annotated[
        str, typer.Option(help="Shares of training, validation and perhaps test.")
    ] = "9:1",
    recipe: Annotated[
        Path | None, typer.Option(help="JSON or YAML file with any of the recipe's fields.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One field of the recipe, as name=value.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="An earlier adapter of the shop's to go on from.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Promote even where figures are worse.")] = False,
) -> None:
    """Train the intent model: the shop's, or one of any labelled file. Prints JSON."""
    from assistant.errors import AssistantError
    from finetune.errors import FinetuneError
    from retrieval.errors import RetrievalError

    try:
        if data:
            figures = _train_files(data, text, label, out, split, recipe, set_ or [])
        else:
            figures = _train_shop(out, recipe, set_ or [], start, force)
    except (FinetuneError, AssistantError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(figures))


def _train_files(
    data: list[Path],
    text: str,
    label: str,
    out: Path | None,
    split: str,
    recipe: Path | None,
    fields: list[str],
) -> dict[str, Any]:
    from finetune.text.examples import read_examples
    from finetune.text.recipe import Recipe
    from finetune.text.run import train_on_examples

    if out is None:
        raise typer.BadParameter("--data needs --out, the folder of the model.")
    try:
        shares = [float(share) for share in split.split(":")]
    except ValueError as error:
        raise typer.BadParameter(f"--split is shares such as 7:2:1, not {split!r}.") from error
    chosen = _recipe(Recipe(), recipe, fields)
    examples = read_examples(data, text, label)
    with _bar(chosen.epochs) as report:
        return train_on_examples(examples, out, chosen, shares, report.row)


def _train_shop(
    out: Path | None, recipe: Path | None, fields: list[str], start: Path | None, force: bool
) -> dict[str, Any]:
    from finetune.intent.shop import SHOP_RECIPE, train_shop_intents
    from finetune.registry import ModelRegistry

    chosen = _recipe(SHOP_RECIPE, recipe, fields)
    with tempfile.TemporaryDirectory() as scratch, _bar(chosen.epochs) as report:
        folder = out or Path(scratch)
        figures = train_shop_intents(folder, chosen, report=report.row, start=start)
        if out is None:
            registry = ModelRegistry(Settings().home / "models")
            version = registry.publish("intent", folder)
            registry.promote("intent", version.version, "macro_f1", 0.002, force)
            figures["version"] = version.version
    return figures


def _recipe(base: "Recipe", file: Path | None, fields: list[str]) -> "Recipe":
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


class _bar:  # noqa: N801  (reads as a verb in a with statement)
    """A progress bar of epochs on standard error."""

    def __init__(self, epochs: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} epochs"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("training", total=epochs)
        self.row: Callable[[dict[str, float]], None] = self._row

    def __enter__(self) -> "_bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _row(self, row: dict[str, float]) -> None:
        told = f"loss {row['loss']:.3f}, validation macro-F1 {row['macro_f1']:.4f}"
        self._progress.update(self._task, advance=1, description=told)
