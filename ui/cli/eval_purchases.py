"""``shopkeeper eval purchases``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def purchases(
    data: Annotated[
        Path,
        typer.Option(
            help="Parquet with Description, Quantity, InvoiceDate, UnitPrice and CustomerID."
        ),
    ],
    days: Annotated[float, typer.Option(help="Length of the windows that choose and test.")] = 30.0,
    most: Annotated[int, typer.Option(help="Baskets at most for each figure.")] = 2000,
    texts: Annotated[bool, typer.Option(help="Use the items' names too.")] = True,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One field of the recipe, as name=value.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure what customers buy next and what goes with a basket, by time split: Recall@20."""
    from evals.baskets import read_baskets
    from evals.errors import EvalError
    from evals.purchases import RECIPE, evaluate
    from finetune.errors import FinetuneError
    from finetune.sequence.titles import encoded
    from retrieval.errors import RetrievalError
    from ui.cli.training import read_recipe

    console = Console(stderr=True)
    recipe = read_recipe(RECIPE, None, set_ or [])

    def report(row: dict[str, float]) -> None:
        console.print(f"epoch {row['epoch']}: loss {row['loss']}, NDCG@10 {row['ndcg_at_10']}")

    try:
        baskets, taken = read_baskets(data)
        names = {item: item.lower() for basket in baskets for item in basket.items}
        vectors = encoded(names) if texts else None
        told = evaluate(baskets, taken, vectors, recipe, days, most, report)
    except (EvalError, FinetuneError, RetrievalError) as error:
        console.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    if json_:
        typer.echo(json.dumps(told))
        return
    for task, title in (("next", "what comes next"), ("with", "what goes with the basket")):
        typer.echo(f"{title}, Recall@20, {told[task]['n']} baskets")
        ordered = sorted(told[task]["recall_at_20"].items(), key=lambda pair: -pair[1])
        for name, value in ordered:
            typer.echo(f"  {name:<26} {value:.4f}")
