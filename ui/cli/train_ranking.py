"""``shopkeeper train ranking``."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

WORSE = 1


def ranking(
    out: Annotated[
        Path | None,
        typer.Option(help="Where the model goes. Default: models/ranking in the home folder."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 7,
) -> None:
    """Train the ranking on this shop's own behaviour; refuse it if the present one is better."""
    from assistant.migrations import migrate
    from assistant.settings import Settings
    from finetune.errors import FinetuneError
    from finetune.ranking.rows import read_rows, split_by_time
    from finetune.ranking.train import promote, train
    from retrieval.store.base import connect, session_factory

    settings, console = Settings(), Console()
    place = out or settings.home / "models" / "ranking"
    try:
        with console.status("Reading behaviour ..."):
            engine = connect(settings.resolved_database_url())
            migrate(engine)
            rows = read_rows(session_factory(engine))
        doing = f"Training on {len(rows)} impressions ..."
        with console.status(doing), TemporaryDirectory() as new:
            split = split_by_time(rows)
            trained = train(split, Path(new), seed)
            promoted = promote(trained, place, split.test)
    except FinetuneError as error:
        console.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    table = Table("on held-out days", "")
    for name, value in asdict(trained.scores).items():
        table.add_row(name.replace("_", " "), f"{value:.4f}")
    for name, value in trained.baselines.items():
        table.add_row(f"click auc of {name}", f"{value:.4f}")
    console.print(table)
    if not promoted:
        console.print("not promoted: the present model is better on the held-out days")
        raise typer.Exit(WORSE)
    console.print(f"promoted to {place}")
