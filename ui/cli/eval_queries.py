"""``shopkeeper eval queries``: shopping queries in one language over a catalogue in the other."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def queries(
    data: Annotated[Path, typer.Option(help="Folder of catalog_livostyle_fashion.")] = Path(
        "../shared/data"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Recall@10 of translated shopping queries, the foreign language beside the catalogue's own."""
    from assistant.settings import Settings
    from evals.errors import EvalError
    from evals.queries import measure_crossing, read_shopping_queries
    from evals.shops import demo_products, livostyle_products
    from retrieval.encoder.opening import open_encoder
    from retrieval.lexicon.lexicon import Lexicon

    settings = Settings()
    try:
        shops = {
            "demo": demo_products(settings.home / "demo"),
            "livostyle": livostyle_products(data),
        }
        encoder = open_encoder(settings.home / "models", settings.device)
        found = measure_crossing(shops, read_shopping_queries(), encoder, Lexicon.load())
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if as_json:
        rows = [asdict(row) | {"ratio": row.ratio} for row in found]
        typer.echo(json.dumps(rows, indent=2))
        return
    typer.echo(
        f"{'catalogue':<16} {'system':<8} {'queries':>7} {'own':>6} {'foreign':>7} {'ratio':>6}"
    )
    for row in found:
        typer.echo(
            f"{row.catalogue:<16} {row.system:<8} {row.queries:>7} {row.own:>6.3f} "
            f"{row.foreign:>7.3f} {row.ratio:>6.3f}"
        )
