"""``shopkeeper adapt-encoder``: fits the encoder to this shop's catalogue and shoppers."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from finetune.search.shop import Adaptation
    from retrieval.encoder.encoder import Encoder

WORSE = 1


def register(parent: typer.Typer) -> None:
    parent.command("adapt-encoder")(adapt)


def adapt(
    queries: Annotated[
        int, typer.Option(help="Queries made from the catalogue; those of the log come on top.")
    ] = 3000,
    epochs: Annotated[float, typer.Option(help="How often a query is read.")] = 3.0,
    rank: Annotated[int, typer.Option(help="Rank of the LoRA adapter.")] = 32,
    minutes: Annotated[float, typer.Option(help="Training ends then at the latest.")] = 30.0,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 7,
    force: Annotated[bool, typer.Option(help="Let it serve even where it is worse.")] = False,
) -> None:
    """Adapt the encoder to this shop; refuse it where search gets worse on held-out queries."""
    from assistant.migrations import migrate
    from assistant.settings import Settings
    from finetune.errors import FinetuneError
    from finetune.registry import ModelRegistry
    from finetune.search.contrastive import Schedule
    from finetune.search.shop import ShopSearch, adapt_encoder, gather
    from retrieval.encoder.opening import SHOP_MODEL, open_encoder, promoted_adapter
    from retrieval.lexicon.lexicon import Lexicon
    from retrieval.store.base import connect, session_factory
    from retrieval.store.catalog_store import CatalogStore
    from retrieval.store.event_store import EventStore

    settings, console, started = Settings(), Console(stderr=True), time.monotonic()
    models = settings.home / "models"
    engine = connect(settings.resolved_database_url())
    migrate(engine)
    sessions = session_factory(engine)
    lexicon = Lexicon.load()

    def opened(adapter: Path | None) -> "Encoder":
        return open_encoder(models, settings.device, adapter=adapter)

    def told(line: str) -> None:
        console.print(f"{time.monotonic() - started:5.0f} s  {line}", markup=False)

    schedule = Schedule(epochs=epochs, rank=rank, seed=seed, seconds=60 * minutes)
    try:
        products = list(CatalogStore(sessions).scan())
        material = gather(products, EventStore(sessions).scan(), lexicon, queries, seed)
        with TemporaryDirectory() as scratch:
            found = adapt_encoder(
                ShopSearch(products, lexicon),
                material,
                opened,
                promoted_adapter(models),
                Path(scratch),
                schedule,
                told,
            )
            registry = ModelRegistry(models)
            version = registry.publish(SHOP_MODEL, Path(scratch))
    except FinetuneError as error:
        console.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    Console().print(_table(found))
    if not (found.is_better_or_equal or force):
        console.print("not promoted: what serves now is better on the held-out queries")
        raise typer.Exit(WORSE)
    registry.promote(SHOP_MODEL, version.version, "fused_ndcg_at_10", force=True)
    console.print(
        f"promoted {version.version}; run `shopkeeper index rebuild` and start the shop anew"
    )


def _table(found: "Adaptation") -> Table:
    from dataclasses import asdict

    table = Table(f"on {found.held_out} held-out queries from {found.source}", "before", "after")
    after = asdict(found.after)
    for name, value in asdict(found.before).items():
        table.add_row(name.replace("_", " "), f"{value:.4f}", f"{after[name]:.4f}")
    return table
