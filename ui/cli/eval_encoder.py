"""``shopkeeper eval encoder``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant.settings import Settings


def encoder(
    sentences: Annotated[
        Path, typer.Option(help="Parquet of sentence pairs, columns en and zh.")
    ] = Path("../shared/data/parallel_en_zh_tatoeba/pairs.parquet"),
    products: Annotated[
        Path, typer.Option(help="Parquet of English products, column title.")
    ] = Path("../shared/data/catalog_livostyle_fashion/products.parquet"),
    split: Annotated[str, typer.Option(help="test, or validation while developing.")] = "test",
    extension: Annotated[
        Path | None, typer.Option(help="A Chinese extension; default: the shipped one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not the table.")] = False,
) -> None:
    """Measure the bilingual encoder: how well Chinese crosses to English, and how fast."""
    from evals.encoder import evaluate_encoder
    from evals.errors import EvalError
    from finetune.errors import FinetuneError
    from retrieval.encoder.extension import SHIPPED
    from retrieval.errors import RetrievalError

    console = Console()
    cache = Settings().home / "models"
    try:
        figures = evaluate_encoder(sentences, products, cache, split, extension or SHIPPED)
    except (EvalError, FinetuneError, RetrievalError) as error:
        Console(stderr=True).print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    found = figures.as_json()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("Figure", "Value")
    for name, value in found.items():
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    console.print(table)
