"""``shopkeeper index``: rebuild the search index, check it against SQL, say where it stands."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from retrieval.index.builder import IndexBuilder
    from retrieval.index.generation import Place
    from retrieval.index.generation_store import Generation
    from retrieval.store.base import Sessions

app = typer.Typer(help="The search index: rebuild it from SQL, check it, or show its state.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="index")


@app.command()
def rebuild(
    ray: Annotated[
        str | None,
        typer.Option(
            help="Embed with Ray Data: a cluster's address, or `local`. Needs the extra `ray`."
        ),
    ] = None,
) -> None:
    """Build a new index beside the one that serves, then switch to it."""
    from assistant.settings import Settings
    from retrieval.encoder.opening import open_shop_encoder
    from retrieval.index.builder import IndexBuilder
    from retrieval.index.document import embedding_text
    from retrieval.index.ray_embedding import RayMissingError, embed_with_ray
    from retrieval.store.catalog_store import CatalogStore

    settings = Settings()
    models = settings.home / "models"
    place, sessions = _open()
    encoder = open_shop_encoder(models, "cpu" if ray else settings.device)
    if ray is not None:
        texts = (embedding_text(product) for product in CatalogStore(sessions).scan())
        try:
            encoder = embed_with_ray(texts, encoder, models, ray)
        except RayMissingError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error
        typer.echo(f"Embedded with Ray ({ray}).", err=True)
    built = build_showing(IndexBuilder(place, sessions, encoder))
    typer.echo(
        f"Indexed {built.products} products in {built.id} "
        f"({built.info['embedded']} embedded, {built.info['reused']} vectors used again)."
    )


def build_showing(builder: "IndexBuilder") -> "Generation":
    """Builds an index with a progress bar."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Indexing products", total=None)
        return builder.build(lambda done, total: bar.update(task, completed=done, total=total))


@app.command()
def check(
    as_json: Json = False,
    mend: Annotated[bool, typer.Option(help="Rebuild the index where it differs.")] = False,
) -> None:
    """Compare SQL with the index, product by product; exit code 1 when they differ.

    With --mend the exit code tells whether they still differ after the rebuild.
    """
    import json
    from dataclasses import asdict

    from assistant.settings import Settings
    from retrieval.encoder.opening import open_shop_encoder
    from retrieval.errors import IndexNotReadyError
    from retrieval.index.builder import IndexBuilder
    from retrieval.index.check import check_index

    settings = Settings()
    place, sessions = _open()
    encoder = open_shop_encoder(settings.home / "models", settings.device)
    found = None
    try:
        found = check_index(place, sessions, encoder.fingerprint)
    except IndexNotReadyError as error:
        typer.echo(str(error), err=True)
        if not mend:
            if as_json:
                typer.echo(json.dumps({"error": str(error)}, ensure_ascii=False))
            typer.echo("Run `shopkeeper index rebuild` to mend it.", err=True)
            raise typer.Exit(1) from error
    if mend and (found is None or found):
        build_showing(IndexBuilder(place, sessions, encoder))
        if found is not None and not as_json:
            kinds = ", ".join(f"{len(ids)} {kind}" for kind, ids in asdict(found).items() if ids)
            typer.echo(f"Mended: {kinds}.")
        found = check_index(place, sessions, encoder.fingerprint)
    assert found is not None
    differences = asdict(found)
    if as_json:
        typer.echo(json.dumps(differences, ensure_ascii=False))
    else:
        for kind, ids in differences.items():
            shown = ", ".join(ids[:10]) + (" ..." if len(ids) > 10 else "")
            typer.echo(f"{kind}: {len(ids)}" + (f" ({shown})" if ids else ""))
    if found:
        typer.echo("Run `shopkeeper index rebuild` to mend it.", err=True)
        raise typer.Exit(1)


@app.command()
def status(as_json: Json = False) -> None:
    """Show the active index and how far the catalogue has moved on since it was built."""
    import json

    from retrieval.index.generation_store import GenerationStore
    from retrieval.store.catalog_store import CatalogStore

    place, sessions = _open()
    active = GenerationStore(sessions).active()
    catalog = CatalogStore(sessions)
    figures = {
        "generation": active.id if active else None,
        "products": active.products if active else 0,
        "revision": active.revision if active else None,
        "encoder": active.encoder if active else None,
        "catalogue_products": catalog.count(),
        "catalogue_revision": catalog.revision(),
        "folder": str(place.folder),
        "chroma": place.chroma_url or "embedded",
    }
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        typer.echo(f"{name.replace('_', ' '):<20} {value if value is not None else 'none'}")


def _open() -> "tuple[Place, Sessions]":
    from assistant.migrations import migrate
    from assistant.settings import Settings
    from retrieval.index.generation import Place
    from retrieval.store.base import connect, session_factory

    settings = Settings()
    engine = connect(settings.resolved_database_url())
    migrate(engine)
    return Place(settings.home / "index", settings.chroma_url), session_factory(engine)
