"""``shopkeeper serve`` and ``shopkeeper prepare``."""

import logging
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.shop import Shop

GRACE_S = 3
"""How long open event streams may hold up the end of the service."""


def _load(shop: "Shop") -> None:
    # What fails is told by the service itself, which loads again at its start.
    with suppress(Exception):
        shop.load()


def register(app: typer.Typer) -> None:
    @app.command()
    def prepare() -> None:
        """Export the models once, so that the first start is quick."""
        from assistant.understanding.intent import OnnxIntentClassifier
        from retrieval.encoder import open_encoder

        settings, console = Settings(), Console(stderr=True)
        folder = settings.home / "models"
        for name, open_model in (
            ("encoder", lambda: open_encoder(folder, settings.device)),
            ("intent model", lambda: OnnxIntentClassifier.open(folder, settings.device)),
        ):
            with console.status(f"Preparing the {name} …"):
                open_model()
            console.print(f"The {name} is ready.")

    @app.command()
    def serve(
        demo: Annotated[
            bool, typer.Option(help="Load the demo store first when the store is empty.")
        ] = False,
        host: Annotated[str | None, typer.Option(help="Address; default from settings.")] = None,
        port: Annotated[int | None, typer.Option(help="Port; default from settings.")] = None,
    ) -> None:
        """Serve the assistant: the shopper's page, the agent's page and the HTTP API."""
        from assistant.api.keys import kept_key
        from assistant.shop import Shop
        from retrieval.index.generation_store import GenerationStore
        from ui.cli.demo import load_into
        from ui.cli.index import build_showing

        settings, console = Settings(), Console(stderr=True)
        logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
        for noisy in ("httpx", "alembic", "chromadb"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        shop = Shop(settings)
        if demo and shop.catalog.is_empty():
            load_into(shop.sessions, settings.home, console)
        if shop.catalog.is_empty():
            console.print("The store is empty: `shopkeeper import FILE`, or `serve --demo`.")
        elif GenerationStore(shop.sessions).active_id() is None:
            build_showing(shop.index_builder(shop.open_encoder()))
        address, chosen = host or settings.host, settings.port if port is None else port
        console.print(
            f"Assistant: http://{address}:{chosen}   Agents: http://{address}:{chosen}/agent   "
            f"Merchant: http://{address}:{chosen}/merchant"
        )
        if settings.agent_api_key is None:
            console.print(f"Key of role agent: {kept_key(settings.home, 'agent')}")
        # Loading goes on while the pages are imported; whoever asks for it next waits for this one.
        Thread(target=_load, args=(shop,), name="shop-load", daemon=True).start()
        import uvicorn

        from ui.server import build_server

        uvicorn.run(
            build_server(shop),
            host=address,
            port=chosen,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_S,
        )
