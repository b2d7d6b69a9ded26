"""``shopkeeper train intent``."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from assistant.settings import Settings
from ui.cli.training import EpochBar, read_recipe

if TYPE_CHECKING:
    from finetune.text.course import Course


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
        str,
        typer.Option(
            help="Shares of training, validation and test; for files without a column `split`."
        ),
    ] = "7:2:1",
    refit: Annotated[
        bool, typer.Option(help="Train what is written on all parts, after measuring.")
    ] = True,
    teacher: Annotated[
        Path | None, typer.Option(help="Folder of a model with the same labels to learn from.")
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(help="File with a column of further texts; the sure ones are learnt too."),
    ] = None,
    variants: Annotated[
        Path | None,
        typer.Option(help="File with columns `text`, `variant`: other ways to say the examples."),
    ] = None,
    stock: Annotated[
        Path | None,
        typer.Option(help="Folder for a model by the stock recipe, trained too to compare with."),
    ] = None,
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
    from finetune.text.devices import joined
    from retrieval.errors import RetrievalError

    try:
        with joined() as first:
            if data:
                course = _course(split, refit, teacher, unlabelled, text, variants, stock)
                figures = _train_files(data, text, label, out, course, recipe, set_ or [])
            else:
                figures = _train_shop(out, recipe, set_ or [], start, force)
    except (FinetuneError, AssistantError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    if first:
        typer.echo(json.dumps(figures))


def _course(
    split: str,
    refit: bool,
    teacher: Path | None,
    unlabelled: Path | None,
    text: str,
    variants: Path | None,
    stock: Path | None,
) -> "Course":
    from finetune.text.course import Course
    from finetune.text.examples import read_texts
    from finetune.text.variants import read_variants

    try:
        shares = [float(share) for share in split.split(":")]
    except ValueError as error:
        raise typer.BadParameter(f"--split is shares such as 7:2:1, not {split!r}.") from error
    texts = read_texts(unlabelled, text) if unlabelled else []
    said = read_variants(variants) if variants else {}
    return Course(shares, refit, teacher, texts, said, stock)


def _train_files(
    data: list[Path],
    text: str,
    label: str,
    out: Path | None,
    course: "Course",
    recipe: Path | None,
    fields: list[str],
) -> dict[str, Any]:
    from finetune.text.course import RECIPE, train_on_examples
    from finetune.text.examples import read_examples

    if out is None:
        raise typer.BadParameter("--data needs --out, the folder of the model.")
    chosen = read_recipe(RECIPE, recipe, fields)
    examples = read_examples(data, text, label)
    with EpochBar(chosen.epochs * (2 if course.refit else 1)) as report:
        return train_on_examples(examples, out, chosen, course, report.row)


def _train_shop(
    out: Path | None, recipe: Path | None, fields: list[str], start: Path | None, force: bool
) -> dict[str, Any]:
    from finetune.intent.shop import SHOP_RECIPE, train_shop_intents
    from finetune.registry import ModelRegistry
    from finetune.text.devices import is_first

    chosen = read_recipe(SHOP_RECIPE, recipe, fields)
    with tempfile.TemporaryDirectory() as scratch, EpochBar(chosen.epochs) as report:
        folder = out or Path(scratch)
        figures = train_shop_intents(folder, chosen, report=report.row, start=start)
        if out is None and is_first():
            registry = ModelRegistry(Settings().home / "models")
            version = registry.publish("intent", folder)
            registry.promote("intent", version.version, "macro_f1", 0.002, force)
            figures["version"] = version.version
    return figures
