"""``shopkeeper train sequence``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ui.cli.stages import StageBars
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
    try:
        told, counted = read_histories(data)
        texts = read_titles(items) if items else None
        with StageBars() as bars:

            def report(row: dict[str, float]) -> None:
                bars.note(
                    f"epoch {row['epoch']} of at most {chosen.epochs}, loss {row['loss']:.3f}, "
                    f"validation NDCG@10 {row['ndcg_at_10']:.4f}"
                )

            metrics = train_sequence(told, counted, out, chosen, texts, test, report, bars.step)
    except (FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(metrics))
