"""``shopkeeper eval sentiment``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def sentiment(
    data: Annotated[list[Path], typer.Option(help="Parquet, CSV or JSONL; repeat it.")],
    text: Annotated[
        list[str], typer.Option(help="Column of the texts; repeat it for title and body.")
    ],
    label: Annotated[str, typer.Option(help="Column of the judgements: 1/0 or 1 to 5.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder of a trained model. Default: the shipped one.")
    ] = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option(help="Measure tf-idf with logistic regression, fitted on this file, instead."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a sentiment model: accuracy, macro-F1, AUC, calibration, speed."""
    from assistant.settings import Settings
    from evals.sentiment import as_json, evaluate_baseline, evaluate_sentiment
    from finetune.errors import FinetuneError
    from finetune.sentiment.ratings import read_ratings
    from retrieval.errors import RetrievalError
    from retrieval.reviews.sentiment import SentimentModel

    try:
        examples = read_ratings(data, text, label)
        if baseline:
            figures = evaluate_baseline(read_ratings(baseline, text, label), examples)
        else:
            opened = (
                SentimentModel.load(model)
                if model
                else SentimentModel.open(Settings().home / "models")
            )
            figures = evaluate_sentiment(opened, examples)
    except (FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    if json_:
        typer.echo(as_json(figures))
        return
    table = Table("figure", "value")
    for name, value in vars(figures).items():
        table.add_row(name, str(value))
    Console().print(table)
