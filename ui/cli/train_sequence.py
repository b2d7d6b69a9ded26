"""``shopkeeper train sequence``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ui.cli.training import read_recipe


def sequence(
    data: Annotated[
        Path,
        typer.Option(
            help="Parquet with `user_id` and `items`, oldest first; `times` and `kinds` if known."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the model; a run cut off there goes on.")],
    items: Annotated[
        Path | None,
        typer.Option(help="Parquet with `item` and `title`: texts, so that new items work too."),
    ] = None,
    test: Annotated[
        bool, typer.Option(help="Hold out each customer's last event and measure on it.")
    ] = False,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON or YAML file with any of the recipe's fields.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One field of the recipe, as name=value.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Short for --set seed=N.")] = None,
) -> None:
    """Train a next-item model on behaviour sequences. Prints JSON."""
    from finetune.errors import FinetuneError
    from finetune.sequence.course import train_sequence
    from finetune.sequence.histories import read_histories
    from finetune.sequence.recipe import SequenceRecipe
    from finetune.sequence.titles import read_titles
    from retrieval.errors import RetrievalError

    fields = [*(set_ or []), *([] if seed is None else [f"seed={seed}"])]
    chosen = read_recipe(SequenceRecipe(), recipe, fields)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} epochs"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    try:
        told, counted = read_histories(data)
        texts = read_titles(items) if items else None
        with progress:
            bar = progress.add_task("training", total=chosen.epochs)

            def report(row: dict[str, float]) -> None:
                figures = f"loss {row['loss']:.3f}, validation NDCG@10 {row['ndcg_at_10']:.4f}"
                progress.update(bar, completed=row["epoch"], description=figures)

            metrics = train_sequence(told, counted, out, chosen, texts, test, report)
    except (FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(metrics))
