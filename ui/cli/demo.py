"""``shopkeeper demo``: load the demo store."""

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console

from retrieval.store.base import Sessions


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        force: Annotated[
            bool, typer.Option(help="Load even where there is a catalogue, which is replaced.")
        ] = False,
    ) -> None:
        """Load the demo store, a shop of our own making, into an empty database."""
        from assistant.migrations import migrate
        from assistant.settings import Settings
        from retrieval.store.base import connect, session_factory
        from retrieval.store.catalog_store import CatalogStore

        settings, console = Settings(), Console(stderr=True)
        engine = connect(settings.resolved_database_url())
        migrate(engine)
        sessions = session_factory(engine)
        if not force and not CatalogStore(sessions).is_empty():
            console.print("There is a catalogue already; --force replaces it by the demo store.")
            raise typer.Exit(2)
        load_into(sessions, settings.home, console)


def load_into(sessions: Sessions, home: Path, console: Console) -> None:
    """Generate the store or take it from the cache under ``home``, write it and read its reviews,
    telling steps: nobody is told "no review speaks of that" because none has been read yet."""
    from retrieval.demo.cache import cached_store
    from retrieval.demo.load import load_demo
    from retrieval.reviews.indexing import index_reviews
    from retrieval.reviews.judge import ShippedJudge
    from retrieval.store import ReviewStore

    start = perf_counter()
    with console.status("Demo store …") as status:

        def show(step: str) -> None:
            status.update(f"Demo store: {step} …")

        store = cached_store(home / "demo", now=datetime.now(UTC), progress=show)
        counts = load_demo(sessions, store, show)
        index_reviews(
            ReviewStore(sessions),
            lambda n: show(f"{n:,} reviews read"),
            judge=ShippedJudge(home / "models"),
        )
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    console.print(f"Demo store loaded in {perf_counter() - start:.0f} s: {told}.")
