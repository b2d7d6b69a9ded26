"""``shopkeeper eval search``: ranking quality and speed of product search on judged queries."""

import json
from pathlib import Path
from typing import Annotated

import typer


def search(
    products: Annotated[
        Path, typer.Option(help="Parquet or CSV with product_uid and product_title.")
    ],
    judgments: Annotated[
        Path, typer.Option(help="The same with search_term, product_uid and relevance (1 to 3).")
    ],
    fit: Annotated[
        Path | None, typer.Option(help="Judgments that the fusion may be fitted on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Compare BM25, vectors alone and the hybrid search over the whole catalogue."""
    from assistant.settings import Settings
    from evals.errors import EvalError
    from evals.search import evaluate
    from retrieval.encoder.opening import open_encoder

    settings = Settings()
    cache = settings.home / "cache"
    encoder = open_encoder(settings.home / "models", settings.device)
    try:
        report = evaluate(products, judgments, fit, encoder, cache)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    typer.echo(f"{report['n_queries']} queries; weights {report['weights']}")
    typer.echo(f"{'system':<10} {'Recall@10':>10} {'Recall@100':>11} {'nDCG@10':>9}")
    for name, figures in report["systems"].items():
        values = [f"{figures[key]:.3f}" for key in ("recall_at_10", "recall_at_100", "ndcg_at_10")]
        typer.echo(f"{name:<10} {values[0]:>10} {values[1]:>11} {values[2]:>9}")
