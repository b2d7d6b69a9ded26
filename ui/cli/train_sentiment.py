"""``shopkeeper train sentiment``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ui.cli.training import EpochBar, read_recipe


def sentiment(
    data: Annotated[list[Path], typer.Option(help="Parquet, CSV or JSONL; repeat it.")],
    out: Annotated[Path, typer.Option(help="Folder of the model.")],
    text: Annotated[
        list[str], typer.Option(help="Column of the texts; repeat it for title and body.")
    ],
    label: Annotated[str, typer.Option(help="Column of the judgements: 1/0 or 1 to 5.")],
    split: Annotated[
        str, typer.Option(help="Shares of training, validation and perhaps test.")
    ] = "9:1",
    recipe: Annotated[
        Path | None, typer.Option(help="JSON or YAML file with any of the recipe's fields.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One field of the recipe, as name=value.")
    ] = None,
    stock: Annotated[
        bool,
        typer.Option("--stock", help="Train a BERT alone by the stock recipe, to compare with."),
    ] = False,
) -> None:
    """Train a sentiment model on judged reviews. Prints JSON."""
    from finetune.errors import FinetuneError
    from finetune.sentiment.ratings import read_ratings
    from finetune.sentiment.stock import train_stock_sentiment
    from finetune.sentiment.train import default_recipe, train_sentiment
    from retrieval.errors import RetrievalError

    try:
        shares = [float(share) for share in split.split(":")]
    except ValueError as error:
        raise typer.BadParameter(f"--split is shares such as 7:2:1, not {split!r}.") from error
    try:
        examples = read_ratings(data, text, label)
        chosen = read_recipe(default_recipe(examples), recipe, set_ or [])
        if stock:
            typer.echo(json.dumps(train_stock_sentiment(examples, out, chosen.body)))
            return
        with EpochBar(chosen.epochs) as report:
            figures = train_sentiment(examples, out, chosen, shares, report.row, report.advance)
    except (FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(figures))
