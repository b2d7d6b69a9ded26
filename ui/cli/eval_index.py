"""``shopkeeper eval index``: latency, memory, recall and updates by the size of the catalogue."""

import json
from pathlib import Path
from typing import Annotated

import typer

SIZES = "10000,43000,100000,1000000"


def index(
    titles: Annotated[
        Path, typer.Option(help="Parquet or CSV whose product_title the shops are made of.")
    ],
    sizes: Annotated[str, typer.Option(help="Numbers of products, with commas.")] = SIZES,
    plot: Annotated[Path | None, typer.Option(help="Draw the growth into this SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Measure search over generated shops of several sizes, each served by a process of its own.

    A million products take about ten minutes of processor time and 5 GB of disk in between.
    """
    from assistant.settings import Settings
    from evals.errors import EvalError
    from evals.growth_plot import growth_plot
    from evals.index_scale import measure_growth
    from evals.judgments import read_titles
    from evals.views import encoded
    from retrieval.encoder.opening import open_encoder

    try:
        counts = [int(size.replace("_", "")) for size in sizes.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"{sizes!r} are no numbers with commas between.") from error
    settings = Settings()
    models = settings.home / "models"
    encoder = open_encoder(models, "cpu")
    try:
        texts = read_titles(titles)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    vectors = encoded(texts, encoder, settings.home / "cache")

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    report = measure_growth(texts, vectors, counts, encoder, models, tell)
    if plot is not None:
        plot.write_text(growth_plot(report["sizes"]), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    for size in report["sizes"]:
        filtered, free = size["filtered"]["wall_ms"], size["unfiltered"]["wall_ms"]
        typer.echo(
            f"{size['products']:>9,} products: filtered {filtered['p50']} / {filtered['p95']} ms, "
            f"unfiltered {free['p50']} / {free['p95']} ms (median / 95 %), "
            f"{size['memory_mb']['resident']} MB, recall@100 {size['recall']['at_100']}"
        )
