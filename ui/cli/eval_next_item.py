"""``shopkeeper eval next-item``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def next_item(
    model: Annotated[Path, typer.Option(help="Folder that `train sequence` wrote.")],
    data: Annotated[
        Path, typer.Option(help="Parquet with `user_id` and `items` (and `times`, `kinds`).")
    ],
    targets: Annotated[Path, typer.Option(help="Parquet with `user_id` and `target`.")],
    cold: Annotated[
        bool, typer.Option(help="Also where only the last 0, 1, 2, 5 events are known.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rank the whole catalogue for each customer: where is what came next?"""
    from evals.errors import EvalError
    from evals.next_item import by_length, evaluate, read_histories, read_targets
    from retrieval.errors import RetrievalError
    from retrieval.ranking.sequence.model import SequenceModel

    try:
        served = SequenceModel.load(model)
        histories, right = read_histories(data), read_targets(targets)
        figures = evaluate(served, histories, right)
        told = dict(figures._asdict())
        if cold:
            rows = by_length(served, histories, right)
            told["cold_start"] = {str(known): row._asdict() for known, row in rows.items()}
    except (EvalError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    if json_:
        typer.echo(json.dumps(told))
    else:
        typer.echo(
            f"Recall@10 {figures.recall_at_10:.4f}, NDCG@10 {figures.ndcg_at_10:.4f}, "
            f"{figures.n} customers"
        )
        for known, row in told.get("cold_start", {}).items():
            typer.echo(f"  last {known} events: {row}")
