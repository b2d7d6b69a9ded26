"""``shopkeeper train ranking``."""

from dataclasses import asdict
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

WORSE = 1


def ranking(
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 7,
    trees_only: Annotated[
        bool, typer.Option("--trees-only", help="Train no network, only boosted trees.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Promote even a worse model.")] = False,
) -> None:
    """Train the ranking on this shop's own behaviour; refuse it if the present one is better.

    The model becomes a version of its own; `shopkeeper models` lists, promotes and rolls back.
    """
    from pathlib import Path

    from assistant.migrations import migrate
    from assistant.settings import Settings
    from finetune.errors import FinetuneError, WorseModelError
    from finetune.ranking.course import Course
    from finetune.ranking.rows import read_rows, split_by_time
    from finetune.ranking.texts import encode_products
    from finetune.ranking.train import train
    from finetune.ranking.verdict import promote
    from finetune.registry import ModelRegistry
    from retrieval.encoder.opening import open_encoder
    from retrieval.store.base import connect, session_factory
    from retrieval.store.catalog_store import CatalogStore

    settings, console = Settings(), Console()
    models = settings.home / "models"
    try:
        with console.status("Reading behaviour ..."):
            engine = connect(settings.resolved_database_url())
            migrate(engine)
            sessions = session_factory(engine)
            rows = read_rows(sessions)
        texts = None
        if not trees_only:
            with console.status("Encoding products ..."):
                ids = rows.vocabulary.products
                products = CatalogStore(sessions).get_many(ids)
                texts = encode_products(open_encoder(models, settings.device), ids, products)
        doing = f"Training on {len(rows)} impressions ..."
        with console.status(doing), TemporaryDirectory() as new:
            split = split_by_time(rows)
            course = Course(device=device, seed=seed)
            trained = train(split, Path(new), seed, texts, course)
            _show(console, trained.kind, asdict(trained.scores), trained.baselines)
            version = promote(Path(new), ModelRegistry(models), split.test, force)
    except WorseModelError as error:
        console.print(f"not promoted: {error}", markup=False)
        raise typer.Exit(WORSE) from error
    except FinetuneError as error:
        console.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    console.print(f"promoted: {version.name} {version.version}", markup=False)


def _show(
    console: Console, kind: str, scores: dict[str, float], baselines: dict[str, float]
) -> None:
    table = Table(f"{kind} on held-out days", "")
    for name, value in scores.items():
        table.add_row(name.replace("_", " "), f"{value:.4f}")
    for name, value in baselines.items():
        table.add_row(f"click auc of {name}", f"{value:.4f}")
    console.print(table)
