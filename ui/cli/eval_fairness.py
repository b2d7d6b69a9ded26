"""``shopkeeper eval fairness``: who gets seen in this shop."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer


def fairness(
    by: Annotated[
        Literal["brand", "seller", "price_band"], typer.Option(help="What products are grouped by.")
    ] = "brand",
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far back.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Share of exposure beside shares of the catalogue, of clicks and of purchases."""
    from assistant.migrations import migrate
    from assistant.settings import Settings
    from assistant.traffic import Traffic
    from retrieval.experiments.experiment_store import ExperimentStore
    from retrieval.store.base import connect, session_factory

    engine = connect(Settings().resolved_database_url())
    migrate(engine)
    sessions = session_factory(engine)
    report = Traffic(sessions, ExperimentStore(sessions)).exposure_report(by, days)
    engine.dispose()
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2, ensure_ascii=False))
        return
    typer.echo(
        f"{report.products} products, {report.never_shown} never shown, gini {report.gini:.3f}"
    )
    head = ("catalogue", "exposure", "clicks", "purchases", "ratio")
    typer.echo(f"{by:<28}" + "".join(f"{name:>11}" for name in head))
    for one in report.groups[:40]:
        shares = (
            one.catalogue_share,
            one.exposure_share,
            one.click_share,
            one.purchase_share,
            one.ratio,
        )
        typer.echo(f"{(one.key or '-')[:27]:<28}" + "".join(f"{x:>11.3f}" for x in shares))
