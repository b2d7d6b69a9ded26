"""``shopkeeper eval search``: ranking quality and speed of product search on judged queries."""

import json
import time
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
        Path | None,
        typer.Option(help="Judgments that encoder and order may be fitted on."),
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="The encoder's training ends then at the latest.")
    ] = 15.0,
    epochs: Annotated[float, typer.Option(help="How often an encoder reads a query.")] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Compare BM25, vectors alone and the hybrid search over the whole catalogue."""
    from assistant.settings import Settings
    from evals.errors import EvalError
    from evals.search import evaluate
    from finetune.search.contrastive import Schedule
    from retrieval.encoder.encoder import Encoder
    from retrieval.encoder.opening import open_encoder

    settings = Settings()
    cache = settings.home / "cache"
    started = time.monotonic()

    def opened(adapter: Path | None) -> Encoder:
        return open_encoder(settings.home / "models", settings.device, adapter=adapter)

    def told(line: str) -> None:
        typer.echo(f"{time.monotonic() - started:5.0f} s  {line}", err=True)

    try:
        schedule = Schedule(epochs=epochs, seconds=60 * minutes)
        report = evaluate(products, judgments, fit, opened(None), cache, opened, schedule, told)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    bm25 = report["systems"]["bm25"]["ndcg_at_10"]
    typer.echo(f"{report['n_queries']} queries")
    typer.echo(f"{'system':<10} {'Recall@10':>10} {'Recall@100':>11} {'nDCG@10':>9} {'to BM25':>8}")
    for name, figures in report["systems"].items():
        values = [f"{figures[key]:.3f}" for key in ("recall_at_10", "recall_at_100", "ndcg_at_10")]
        ratio = f"{figures['ndcg_at_10'] / bm25:.2f}" if bm25 else "-"
        typer.echo(f"{name:<10} {values[0]:>10} {values[1]:>11} {values[2]:>9} {ratio:>8}")
