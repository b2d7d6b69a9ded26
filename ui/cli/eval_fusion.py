"""``shopkeeper eval fusion``: choose how word scores and vector scores join."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

ANSWERABLE_HEAD = (
    "# Whether a shop has anything for a query; see answerable.py. Written by\n"
    "# `shopkeeper eval fusion --write`; docs/benchmarks/search.md says on what data.\n\n"
)


def fusion(
    data: Annotated[
        Path, typer.Option(help="Folder of catalog_livostyle_fashion and requests_webshop.")
    ] = Path("../shared/data"),
    queries: Annotated[int, typer.Option(help="Queries to make for each catalogue.")] = 600,
    requests: Annotated[int, typer.Option(help="Requests of people to draw for the floor.")] = 250,
    write: Annotated[
        bool, typer.Option("--write", help="Write the result into the package.")
    ] = False,
) -> None:
    """Fit weights and floors on the demo store, a fashion shop and people's requests."""
    from rich.console import Console

    import retrieval.search
    from assistant.settings import Settings
    from evals.answerable import (
        answer_cases,
        fit_answerable,
        measure_wishes,
        vague_queries,
    )
    from evals.errors import EvalError
    from evals.fusion import ShopBench, fit
    from evals.fusion import write as write_fusion
    from evals.shops import demo_products, livostyle_products, people_requests
    from retrieval.encoder.opening import open_encoder
    from retrieval.errors import RetrievalError
    from retrieval.lexicon.lexicon import Lexicon
    from retrieval.search.answerable import Answerable
    from retrieval.search.fusion import Fusion

    settings = Settings()
    progress = Console(stderr=True)
    try:
        catalogues = {
            "demo": demo_products(settings.home / "demo"),
            "livostyle": livostyle_products(data),
        }
        asked = people_requests(data, requests)
        encoder = open_encoder(settings.home / "models", settings.device)
        lexicon, cache = Lexicon.load(), settings.home / "cache"
        with progress.status("Indexing the catalogues"):
            shops = [
                ShopBench(name, products, encoder, lexicon, cache, queries)
                for name, products in catalogues.items()
            ]
        with progress.status("Trying weights and floors"):
            fitted, report = fit(shops, asked, lexicon)
            cases = list(answer_cases(shops, asked, lexicon))
            answerable, report["answerable"] = fit_answerable(cases, fitted)
    except (EvalError, RetrievalError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if write:
        folder = Path(retrieval.search.__path__[0])
        write_fusion(fitted, folder / "fusion.yaml")
        answerable.write(folder / "answerable.yaml", ANSWERABLE_HEAD)
        Fusion.load.cache_clear()
        Answerable.load.cache_clear()
    report["fitted"] = {**asdict(fitted), "answerable": asdict(answerable)}
    report["shipped_on_vague_queries"] = {
        name: {shop.name: measure_wishes(shop, vague_queries(name), lexicon) for shop in shops}
        for name in ("vague_queries", "vague_queries_unseen")
    }
    typer.echo(json.dumps(report, indent=2))
