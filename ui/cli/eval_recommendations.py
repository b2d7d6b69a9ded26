"""``shopkeeper eval recommendations``: how much customers like what is recommended to them."""

import json
from contextlib import closing
from typing import Annotated

import typer


def recommendations(
    customers: Annotated[int, typer.Option(min=1, help="Customers measured, at most.")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """True liking of home rows, similar products and what goes with one, beside simple ways to
    choose; on the demo store, which must be loaded."""
    from assistant.settings import Settings
    from assistant.shop import Shop
    from evals.recommendations import run
    from retrieval.demo.cache import cached_store

    settings = Settings()
    with closing(Shop(settings)) as shop:
        if not shop.is_demo():
            typer.echo("The shop is not the demo store; see `shopkeeper demo`.", err=True)
            raise typer.Exit(2)
        shop.load()
        shop.wait_until_settled()
        report = run(shop, cached_store(settings.home / "cache"), customers)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    typer.echo(f"{report['customers']} customers, lists of {report['list']}")
    names = ("lists", "filled", "liking", "standard_error", "of_the_best", "same_kind")
    for task, ways in report["tasks"].items():
        typer.echo(f"\n{task:<36}" + "".join(f"{name:>16}" for name in names))
        for way, figures in ways.items():
            typer.echo(f"{way:<36}" + "".join(f"{figures.get(n, 0):>16g}" for n in names))
