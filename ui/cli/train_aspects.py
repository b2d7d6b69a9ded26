"""``shopkeeper train aspects``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ui.cli.training import read_recipe


def aspects(
    out: Annotated[
        Path | None, typer.Option(help="File of the model; default: the shipped one.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="JSON or YAML file with any of the recipe's fields.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One field of the recipe, as name=value.")
    ] = None,
) -> None:
    """Train the model that finds aspects which a clause judges without naming them. Prints JSON."""
    from assistant.settings import Settings
    from finetune.aspects.train import ClauseRecipe, train_aspects
    from finetune.errors import FinetuneError
    from retrieval.errors import RetrievalError
    from retrieval.reviews.clause_model import SHIPPED

    told = Console(stderr=True)
    chosen = read_recipe(ClauseRecipe(), recipe, set_ or [])
    try:
        figures = train_aspects(
            out or SHIPPED,
            Settings().home / "models",
            chosen,
            lambda row: told.print(f"epoch {row['epoch']:.0f}: loss {row['loss']:.3f}"),
        )
    except (FinetuneError, RetrievalError) as error:
        told.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(figures))
